package quizzes

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	exprparser "github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// The bounds of an item's variables.
const (
	MaxVariables  = 10
	MaxVariants   = 1000 // Combinations of all pools; every one is tried when the lesson is loaded.
	maxExpression = 200  // Bytes of one expression.
	maxNodes      = 60   // Of its syntax tree.
	maxMemory     = 2000 // Elements it may make.
	maxPool       = 200  // Values of one variable.
	maxValue      = 200  // Bytes of one value.
)

// where is the name of the line that is no variable but a condition.
const where = "where"

// Variable is a named expression of an item. One whose value is a list is a pool
// from which every learner has one; any other value is computed from those before it.
type Variable struct {
	Name   string
	Source string
	Line   int
}

var variableName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,29}$`)

// functions are what an expression may call; none of them loops, looks at a clock or
// draws lots.
var functions = []string{"abs", "ceil", "floor", "round", "int", "float", "string", "max", "min", "len", "upper", "lower"}

// program is a compiled expression.
type program struct {
	source string
	code   *vm.Program
}

// compileExpression reads an expression that may use some names.
func compileExpression(source string, names []string) (program, error) {
	switch {
	case strings.TrimSpace(source) == "":
		return program{}, errors.New("the expression is empty")
	case len(source) > maxExpression:
		return program{}, fmt.Errorf("the expression has %d bytes, at most %d are read", len(source), maxExpression)
	}
	if err := knownNames(source, names); err != nil {
		return program{}, err
	}
	options := []expr.Option{expr.Optimize(false), expr.MaxNodes(maxNodes), expr.DisableAllBuiltins()}
	for _, name := range functions {
		options = append(options, expr.EnableBuiltin(name))
	}
	code, err := expr.Compile(source, options...)
	if err != nil {
		return program{}, oneLine(err)
	}
	return program{source, code}, nil
}

// knownNames refuses a name that is neither a variable above nor a function.
func knownNames(source string, names []string) error {
	tree, err := exprparser.Parse(source)
	if err != nil {
		return oneLine(err)
	}
	check := unknownName{known: append(slices.Clone(names), functions...)}
	ast.Walk(&tree.Node, &check)
	if check.found == "" {
		return nil
	}
	return fmt.Errorf("%q is no variable above and no function (%s)", clip(check.found), strings.Join(functions, ", "))
}

// unknownName remembers the first identifier that is not known.
type unknownName struct {
	known []string
	found string
}

// Visit implements ast.Visitor.
func (u *unknownName) Visit(node *ast.Node) {
	name := ""
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		name = n.Value
	case *ast.BuiltinNode:
		name = n.Name
	}
	if name != "" && u.found == "" && !slices.Contains(u.known, name) {
		u.found = name
	}
}

// oneLine is the first line of an error of the expression library: the others draw
// the place.
func oneLine(err error) error {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return errors.New(strings.TrimSpace(line))
}

// run evaluates the expression with the values of variables.
func (p program) run(values map[string]any) (any, error) {
	machine := vm.VM{MemoryBudget: maxMemory}
	value, err := machine.Run(p.code, values)
	if err != nil {
		return nil, oneLine(err)
	}
	return value, nil
}

// pool is the values that the result of a variable stands for.
func pool(value any) ([]any, error) {
	var values []any
	switch list := value.(type) {
	case []any:
		values = list
	case []int:
		for _, n := range list {
			values = append(values, n)
		}
	default:
		values = []any{value}
	}
	if len(values) == 0 || len(values) > maxPool {
		return nil, fmt.Errorf("%d values, 1 to %d are allowed", len(values), maxPool)
	}
	for _, v := range values {
		if _, err := shown(v); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// shown is how a value stands in a text: a number without needless digits.
func shown(value any) (string, error) {
	switch v := value.(type) {
	case int:
		return strconv.Itoa(v), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return "", errors.New("the value is not a finite number (is something divided by 0?)")
		}
		return plainNumber(v), nil
	case string:
		if len(v) > maxValue {
			return "", fmt.Errorf("a text of %d bytes, at most %d are allowed", len(v), maxValue)
		}
		return v, nil
	}
	what := "a list"
	if _, ok := value.(bool); ok {
		what = "true or false"
	}
	return "", fmt.Errorf("the value is neither a number nor a text but %s", what)
}

// plainNumber rounds to twelve digits, so that 0.1 + 0.2 is 0.3.
func plainNumber(v float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
	if err != nil {
		rounded = v // Formatting what was finite always parses.
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
