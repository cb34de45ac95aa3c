package memstore

import "chimewatch/pkg/denial"

// calls is a list that grows without ever being copied: there may be hundreds of
// thousands, and each is large.
type calls struct{ blocks [][]denial.Call }

// callsPerBlock is a compromise: a block is what the list may have too many of.
const callsPerBlock = 256

// add appends a call and returns its index.
func (l *calls) add(c denial.Call) int32 {
	last := len(l.blocks) - 1
	if last < 0 || len(l.blocks[last]) == callsPerBlock {
		l.blocks = append(l.blocks, make([]denial.Call, 0, callsPerBlock))
		last++
	}
	l.blocks[last] = append(l.blocks[last], c)
	return int32(last*callsPerBlock + len(l.blocks[last]) - 1)
}

// at returns the call of an index that add has returned.
func (l *calls) at(i int32) *denial.Call { return &l.blocks[i/callsPerBlock][i%callsPerBlock] }
