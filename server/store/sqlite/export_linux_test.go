package sqlite

// Refuse fails for the kinds of file systems that are shared over a network.
var Refuse = refuse
