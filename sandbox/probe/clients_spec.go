package probe

import "time"

// The kinds of probe that speak the protocol of a service. They run in a process
// of their own beside the probe node's agent, because the libraries that speak
// these protocols believe what a service says about lengths: one that lies ends
// that process and nothing else.
const (
	KindSQL   = "sql"   // SQLSpec -> SQLSeen
	KindRedis = "redis" // RedisSpec -> RedisSeen
	KindAMQP  = "amqp"  // AMQPSpec -> AMQPSeen
)

// SQLSpec asks PostgreSQL something.
type SQLSpec struct {
	Address  string        `json:"address"` // "db:5432"
	User     string        `json:"user"`
	Password string        `json:"password"`
	Database string        `json:"database"`
	Before   []string      `json:"before"`   // Statements whose results do not matter.
	Query    string        `json:"query"`    // With params one statement, otherwise one or several; the last one's result counts.
	Params   []*string     `json:"params"`   // For $1 and so on; nil is NULL.
	Plan     bool          `json:"plan"`     // Ask for the plan of the query as well.
	Rollback bool          `json:"rollback"` // Do it all in a transaction that is rolled back.
	Timeout  time.Duration `json:"timeout"`
}

// SQLSeen is what PostgreSQL answered.
type SQLSeen struct {
	Connected bool          `json:"connected"`
	Columns   []string      `json:"columns"`
	Rows      [][]*string   `json:"rows"` // As PostgreSQL prints them; nil is NULL. At most 1000 rows, 256 KiB.
	Count     int           `json:"count"`
	Tag       string        `json:"tag"` // "SELECT 3", "UPDATE 1".
	Affected  int64         `json:"affected"`
	Plan      string        `json:"plan"`
	Code      string        `json:"code"`    // SQLSTATE of an error, "23505".
	Message   string        `json:"message"` // What PostgreSQL said with it.
	Error     string        `json:"error"`   // Why there was no answer at all.
	Truncated bool          `json:"truncated"`
	Elapsed   time.Duration `json:"elapsed"` // Of the query.
}

// RedisSpec sends commands to Redis, one after the other.
type RedisSpec struct {
	Address  string        `json:"address"` // "redis:6379"
	User     string        `json:"user"`
	Password string        `json:"password"`
	DB       int           `json:"db"`
	Commands [][]string    `json:"commands"`
	TTL      []string      `json:"ttl"` // Keys whose remaining time is asked for afterwards.
	Timeout  time.Duration `json:"timeout"`
}

// RedisSeen is what Redis answered.
type RedisSeen struct {
	Connected bool                     `json:"connected"`
	Replies   []RedisReply             `json:"replies"` // One per command, until the connection broke.
	TTL       map[string]time.Duration `json:"ttl"`     // -1 for a key that stays, -2 for one that is not there.
	Error     string                   `json:"error"`   // Why there were no more replies.
	Truncated bool                     `json:"truncated"`
	Elapsed   time.Duration            `json:"elapsed"`
}

// RedisReply is one reply.
type RedisReply struct {
	Type  string       `json:"type"` // "status", "integer", "bulk", "null", "array" or "error".
	Text  string       `json:"text,omitempty"`
	Items []RedisReply `json:"items,omitempty"`
}

// AMQPSpec does things at a broker that speaks AMQP 0-9-1, one after the other
// over one connection.
type AMQPSpec struct {
	Address  string        `json:"address"` // "rabbitmq:5672"
	User     string        `json:"user"`
	Password string        `json:"password"`
	VHost    string        `json:"vhost"`
	Do       []AMQPAct     `json:"do"`
	Timeout  time.Duration `json:"timeout"`
}

// AMQPAct is one thing to do; exactly one field is set.
type AMQPAct struct {
	Declare *AMQPDeclare  `json:"declare,omitempty"`
	Bind    *AMQPBind     `json:"bind,omitempty"`
	Publish *AMQPPublish  `json:"publish,omitempty"`
	Get     *AMQPGet      `json:"get,omitempty"`
	Queue   string        `json:"queue,omitempty"`  // Look whether it is there, and what is in it.
	Exists  string        `json:"exists,omitempty"` // Look whether this exchange is there.
	Purge   string        `json:"purge,omitempty"`  // Empty a queue.
	Wait    time.Duration `json:"wait,omitempty"`
}

// AMQPDeclare declares a queue or an exchange. A broker that has one with other
// properties refuses.
type AMQPDeclare struct {
	Queue      string         `json:"queue,omitempty"`
	Exchange   string         `json:"exchange,omitempty"`
	Type       string         `json:"type,omitempty"`
	Durable    bool           `json:"durable,omitempty"`
	Exclusive  bool           `json:"exclusive,omitempty"`
	AutoDelete bool           `json:"auto_delete,omitempty"`
	Arguments  map[string]any `json:"arguments,omitempty"` // Text, bool or numbers.
}

// AMQPBind binds a queue to an exchange.
type AMQPBind struct {
	Queue    string `json:"queue"`
	Exchange string `json:"exchange"`
	Key      string `json:"key"`
}

// AMQPPublish publishes a message, or several alike, and waits until the broker has
// confirmed them.
type AMQPPublish struct {
	Exchange   string            `json:"exchange"`
	Key        string            `json:"key"`
	Body       string            `json:"body"`
	Count      int               `json:"count"`
	Properties map[string]string `json:"properties,omitempty"` // "content_type", "expiration", …
	Headers    map[string]string `json:"headers,omitempty"`
}

// AMQPGet takes a message from a queue.
type AMQPGet struct {
	Queue  string        `json:"queue"`
	Settle string        `json:"settle"` // "ack", "reject" (for good, dead-lettering) or "requeue".
	Within time.Duration `json:"within"` // Wait so long for one.
}

// AMQPSeen is what became of it.
type AMQPSeen struct {
	Connected bool          `json:"connected"`
	Acts      []AMQPResult  `json:"acts"`  // One per act, until the connection broke.
	Error     string        `json:"error"` // Why there are no more.
	Elapsed   time.Duration `json:"elapsed"`
}

// AMQPResult is what became of one act.
type AMQPResult struct {
	Code      int          `json:"code,omitempty"`      // The broker's refusal: 404, 406, …; 0 without one.
	Reason    string       `json:"reason,omitempty"`    // Its words.
	Messages  int          `json:"messages,omitempty"`  // Of a queue.
	Consumers int          `json:"consumers,omitempty"` //
	Returned  int          `json:"returned,omitempty"`  // Published messages that no queue took.
	Nacked    int          `json:"nacked,omitempty"`    // Published messages that the broker refused.
	Message   *AMQPMessage `json:"message,omitempty"`   // That was got; nil when there was none.
}

// AMQPMessage is a message.
type AMQPMessage struct {
	Exchange    string            `json:"exchange"`
	Key         string            `json:"key"`
	Body        string            `json:"body"` // At most 4 KiB.
	Redelivered bool              `json:"redelivered"`
	Properties  map[string]string `json:"properties"` // Those that are set.
	Headers     map[string]string `json:"headers"`    // At most 50, as text.
	Deaths      []AMQPDeath       `json:"deaths,omitempty"`
	Truncated   bool              `json:"truncated,omitempty"`
}

// AMQPDeath is one reason why a message was dead-lettered, the latest first.
type AMQPDeath struct {
	Queue  string `json:"queue"`
	Reason string `json:"reason"` // "rejected", "expired", "maxlen" or "delivery_limit".
	Count  int64  `json:"count"`
}
