package main

// Lanes of docs/presence.md, counted from 0 here.
const laneCount = 3

// crewRoles are the seats of a room: the team of the demo's weddings.
var crewRoles = func() []string {
	var seats []string
	for _, each := range []struct {
		role  string
		seats int
	}{{"photographer", 2}, {"videographer", 1}, {"venue", 3}, {"catering", 12}, {"planner", 1}, {"other", 6}} {
		for range each.seats {
			seats = append(seats, each.role)
		}
	}
	return seats
}()

func (b *bench) roleOf(seat int) string {
	if !b.crew {
		return "other"
	}
	return crewRoles[seat]
}

func (b *bench) laneOf(seat int) int {
	switch b.roleOf(seat) {
	case "photographer", "videographer":
		return 0
	case "venue", "catering", "planner":
		return 1
	}
	return 2
}
