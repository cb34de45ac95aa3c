// Package config reads the configuration file: one YAML document for the
// command line and for what is deployed. Everything in it is optional; what it
// leaves out keeps its documented default.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"

	"chimewatch/pkg/chime"
	"chimewatch/pkg/detect"
	"chimewatch/pkg/triage"
)

// MaxSize bounds a configuration file, in bytes.
const MaxSize = 1 << 20

// Config is a whole, valid configuration.
type Config struct {
	Scope        ScopeConfig   `yaml:"scope"`
	Rules        detect.Config `yaml:"rules"`
	Triage       triage.Config `yaml:"triage"`
	Suppressions []Suppression `yaml:"suppressions"`
}

// ScopeConfig says which records count. Empty lists stand for the defaults.
type ScopeConfig struct {
	Sources    []string `yaml:"sources"`
	Operations []string `yaml:"operations"`
	All        bool     `yaml:"all"` // every record of every service
}

// ScopeOf returns the scope that is configured.
func (c Config) ScopeOf() (chime.Scope, error) {
	return chime.NewScope(c.Scope.Sources, c.Scope.Operations, c.Scope.All)
}

// Default returns the configuration of an empty file.
func Default() Config {
	return Config{Rules: detect.Default(), Triage: triage.Default()}
}

// Load reads a configuration. The error of a bad one names the field, and the
// line where that is known, and nothing of it is taken.
func Load(data []byte) (Config, error) {
	c := Default()
	if len(data) > MaxSize {
		return Config{}, fmt.Errorf("configuration: %d bytes are more than the %d allowed", len(data), MaxSize)
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return Config{}, errors.New("configuration: more than one YAML document: put everything into the first")
	}
	if err := c.Validate(); err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	return c, nil
}

// Validate returns an error that names the first bad field.
func (c Config) Validate() error {
	if _, err := c.ScopeOf(); err != nil {
		return fmt.Errorf("scope.%w", err)
	}
	if err := c.Rules.Validate(); err != nil {
		return fmt.Errorf("rules.%w", err)
	}
	if err := c.Triage.Validate(); err != nil {
		return fmt.Errorf("triage.%w", err)
	}
	names := map[string]bool{}
	for i, s := range c.Suppressions {
		if err := s.Validate(); err != nil {
			return fmt.Errorf("suppressions[%d].%w", i, err)
		}
		if names[s.Name] {
			return fmt.Errorf("suppressions[%d].name: %q is there twice", i, s.Name)
		}
		names[s.Name] = true
	}
	return nil
}
