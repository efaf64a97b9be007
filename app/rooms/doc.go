// Package rooms holds no code of the program: its test walks the import graph
// of the module and fails where a room reaches into one that the house plan
// forbids it. Run it after moving a package: go test ./app/rooms.
package rooms
