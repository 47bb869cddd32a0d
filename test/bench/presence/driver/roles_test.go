package main

import "testing"

func TestACrewFillsARoomAndHasEveryLane(t *testing.T) {
	b := &bench{crew: true}
	lanes := [laneCount]int{}
	for seat := range roomSize {
		lanes[b.laneOf(seat)]++
	}
	if lanes != [laneCount]int{3, 16, 6} {
		t.Fatalf("seats by lane: %v", lanes)
	}
	if (&bench{}).laneOf(0) != 2 {
		t.Fatal("people of no crew are in lane 3")
	}
}

func TestARoomIsOnTwoServers(t *testing.T) {
	for _, nodes := range []int{1, 2, 10} {
		perNode := make([]int, nodes)
		byRoom := map[int]map[int]bool{}
		for client := range 20 * roomSize {
			node := placeOf(client, nodes)
			perNode[node]++
			room := client / roomSize
			if byRoom[room] == nil {
				byRoom[room] = map[int]bool{}
			}
			byRoom[room][node] = true
		}
		for node, count := range perNode {
			if count != 20*roomSize/nodes {
				t.Fatalf("%d servers: %d people on server %d", nodes, count, node)
			}
		}
		for room, on := range byRoom {
			if len(on) != min(2, nodes) {
				t.Fatalf("%d servers: room %d is on %d", nodes, room, len(on))
			}
		}
	}
}
