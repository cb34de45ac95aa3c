package deployed

import (
	"context"
	"time"
)

// What is noted in the table, once for a deployment.
const (
	began   = "began"   // the first alert was about to go out
	history = "history" // the days before the deployment were looked up
)

// patience is how long alerts are kept for the first look-up. It comes within
// the hour and takes minutes; if it fails, what is alerted without knowing the
// past is better than nothing.
const patience = 3 * time.Hour

// ready reports whether alerts may go out: when the days before the deployment
// are known, by which triage tells what is usual, or patience is over.
func (p *Parts) ready(ctx context.Context) (bool, error) {
	if p.mayAlert {
		return true, nil
	}
	done, err := p.KnowsHistory(ctx)
	if err != nil {
		return false, err
	}
	if !done {
		now := Clock{}.Now()
		since, err := p.Store.Mark(ctx, began, now)
		if err != nil {
			return false, err
		}
		if done = now.Sub(since) > patience; done {
			p.Log.WarnContext(ctx, "alerts go out although the days before the deployment were not looked up", "since", since)
		} else {
			p.Log.InfoContext(ctx, "alerts are kept until the days before the deployment are looked up", "since", since)
		}
	}
	p.mayAlert = done
	return done, nil
}

// KnowsHistory reports whether the days before the deployment were looked up.
func (p *Parts) KnowsHistory(ctx context.Context) (bool, error) {
	_, done, err := p.Store.Marked(ctx, history)
	return done, err
}

// HistoryKnown notes that the days before the deployment were looked up.
func (p *Parts) HistoryKnown(ctx context.Context) error {
	_, err := p.Store.Mark(ctx, history, Clock{}.Now())
	return err
}
