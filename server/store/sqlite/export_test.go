package sqlite

// DSN is how the store opens its files.
var DSN = dsn
