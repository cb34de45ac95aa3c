package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"chimewatch/pkg/alert"
	"chimewatch/pkg/triage"
)

// bell tells the person at the terminal of an alert, and a webhook if there is
// one.
type bell struct {
	out     io.Writer
	hook    *webhook        // nil: none
	printed map[string]bool // ids of alerts: an alert whose webhook failed comes again
}

// Notify prints an alert and posts it.
func (b *bell) Notify(ctx context.Context, in alert.Input) error {
	if !b.printed[in.ID] {
		text, err := alert.Text(in)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(b.out, "\n%s\n%s", alert.Subject(in), text); err != nil {
			return err
		}
		b.printed[in.ID] = true
	}
	if b.hook == nil {
		return nil
	}
	body, err := alert.JSON(in)
	if err != nil {
		return err
	}
	return b.hook.post(ctx, body)
}

// NotifyDigest prints a line for each alert that is above the ceiling of an
// hour, and posts each by itself: machines are not disturbed by many.
func (b *bell) NotifyDigest(ctx context.Context, d alert.Digest) error {
	for _, in := range d.Alerts {
		if !b.printed[in.ID] {
			if _, err := fmt.Fprintln(b.out, alert.Subject(in)); err != nil {
				return err
			}
			b.printed[in.ID] = true
		}
		if b.hook == nil {
			continue
		}
		body, err := alert.JSON(in)
		if err != nil {
			return err
		}
		if err := b.hook.post(ctx, body); err != nil {
			return err
		}
	}
	return nil
}

// known prints a line about an incident from before.
func (b *bell) known(in *triage.Incident) {
	fmt.Fprintf(b.out, "Before: %s (last seen %s)\n", alert.Subject(alert.Input{ID: in.ID, Incident: *in}), in.LastSeen.Format("2006-01-02 15:04 UTC"))
}

// webhook posts JSON to a URL. The URL may hold a secret: it is in no error.
type webhook struct {
	url    string
	host   string
	client *http.Client
}

const webhookTimeout = 10 * time.Second

func newWebhook(raw string) (*webhook, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())) {
		return nil, errors.New("--webhook: give an https URL (http is for this machine alone)")
	}
	return &webhook{raw, u.Scheme + "://" + u.Host, &http.Client{
		Timeout:       webhookTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

func (h *webhook) post(ctx context.Context, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("the webhook at %s: its URL can't be used", h.host)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := h.client.Do(r)
	if err != nil {
		var sent *url.Error
		if errors.As(err, &sent) {
			err = sent.Err // without the URL
		}
		return fmt.Errorf("the webhook at %s: %s", h.host, strings.ReplaceAll(err.Error(), h.url, h.host))
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("the webhook at %s answers %s; check its URL and what it takes", h.host, answer.Status)
	}
	return nil
}
