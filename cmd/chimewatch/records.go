package main

import (
	"slices"

	"github.com/spf13/pflag"

	"chimewatch/pkg/config"
)

// recordFlags say which records count and what decides about them.
type recordFlags struct{ scope, configFile string }

func (f *recordFlags) flags(flags *pflag.FlagSet) {
	flags.StringVar(&f.scope, "scope", "messaging", "which records count: messaging, or all for every service")
	flags.StringVar(&f.configFile, "config", "", "YAML `file` with thresholds, known networks and suppressions")
}

// config returns the configuration that the flags ask for; an error names the
// one that is wrong.
func (f *recordFlags) config() (config.Config, error) {
	if !slices.Contains(scopes(), f.scope) {
		return config.Config{}, oneOf("scope", f.scope, scopes())
	}
	c, err := loadConfig(f.configFile)
	if err == nil && f.scope == "all" {
		c.Scope.All = true
	}
	return c, err
}
