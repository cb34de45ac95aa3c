package triage

import (
	"net/netip"
	"strings"

	"chimewatch/pkg/detect"
	"chimewatch/pkg/tally"
)

// accessKey weighs one key on several networks: long-term keys that move are
// stolen more often than not, while the temporary ones of app users roam.
func (j *judge) accessKey() {
	if !strings.HasPrefix(j.Subject.Key, "AKIA") {
		return
	}
	var networks tally.Set
	for _, h := range j.History.Range(j.Hour-tally.Hour(j.Rules.CredentialSpread.Hours)+1, j.Hour) {
		networks.Merge(h.Tally.Summary.Networks)
	}
	strange := 0
	for _, n := range networks {
		if !j.known(n) {
			strange++
		}
	}
	for _, f := range j.Findings {
		if f.Rule == detect.CredentialSpread && strange >= 2 {
			j.found(f, High, Probing, "a long-term key on several networks that were not seen before")
		}
	}
}

// network weighs several principals on one network.
func (j *judge) network() {
	for _, f := range j.Findings {
		if f.Rule != detect.SharedSource {
			continue
		}
		if !j.inUse() && !j.ours() {
			j.found(f, Medium, Unclear, "several principals were refused on a network that was not seen before")
		}
	}
}

// ours reports whether the network is one where principals work.
func (j *judge) ours() bool {
	p, err := netip.ParsePrefix(j.Subject.Key)
	return err == nil && j.known(j.Hasher.Network(p))
}

// inUse reports whether two principals were refused on the network long enough
// ago.
func (j *judge) inUse() bool {
	var early tally.Set
	for _, h := range j.History.Range(j.Hour-j.Lookback(), j.learnt) {
		early.Merge(h.Tally.Summary.Principals)
	}
	return len(early) >= 2
}

// crowded reports whether all networks of a signal had been shared by enough
// other principals within a day before: the network's incident tells of it.
func (j *judge) crowded(s Signal) bool {
	for _, n := range s.Networks {
		others := 0
		for _, f := range j.Sightings[n] {
			if f.Element != j.self && f.Ref.Time.Before(s.Minute) && f.Ref.Time.After(s.Minute.AddDate(0, 0, -1)) {
				others++
			}
		}
		if others < j.Rules.SharedSource.Threshold-1 {
			return false
		}
	}
	return len(s.Networks) > 0
}
