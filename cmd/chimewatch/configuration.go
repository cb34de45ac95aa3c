package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"chimewatch/pkg/adapters/s3config"
	"chimewatch/pkg/config"
)

// loadConfig reads a configuration file; the defaults where no file is named.
func loadConfig(path string) (config.Config, error) {
	if path == "" {
		return config.Default(), nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return config.Config{}, fmt.Errorf("--config: %w; name a YAML file that can be read", err)
	}
	c, err := config.Load(data)
	if err != nil {
		return config.Config{}, fmt.Errorf("--config %s: %w", path, err)
	}
	return c, nil
}

// keeping is where a configuration is kept that can be edited. What was read is
// put back only if nobody changed it in between.
type keeping interface {
	name() string
	read(ctx context.Context) (data []byte, tag string, err error)
	write(ctx context.Context, data []byte, tag string) error
}

// keepingOf returns the file or the object that is named. Empty stands for the
// environment's, else for that of the deployed stack.
func keepingOf(ctx context.Context, p process, named string, d deployment) (keeping, error) {
	if named == "" {
		named = p.getenv("CHIMEWATCH_CONFIG")
	}
	if named != "" && !strings.HasPrefix(named, "s3://") {
		return localConfig(named), nil
	}
	cfg, err := loadAmazon(ctx, d.region)
	if named == "" {
		bucket := ""
		if err == nil {
			bucket, err = d.output(ctx, cfg, "BucketName")
		}
		if err != nil {
			return nil, fmt.Errorf("which configuration? Name it with --config, as a file or as s3://BUCKET/config/chimewatch.yaml, or in CHIMEWATCH_CONFIG: %w", err)
		}
		named = "s3://" + bucket + "/config/chimewatch.yaml"
	}
	if err != nil {
		return nil, err
	}
	bucket, key, ok := strings.Cut(strings.TrimPrefix(named, "s3://"), "/")
	if !ok || bucket == "" || key == "" {
		return nil, fmt.Errorf("--config: %q names no object: write s3://BUCKET/config/chimewatch.yaml", named)
	}
	return &remoteConfig{named, s3config.New(newS3(cfg), bucket, key, time.Minute, p.now)}, nil
}

// localConfig is the path of a file.
type localConfig string

func (c localConfig) name() string { return string(c) }

func (c localConfig) read(context.Context) ([]byte, string, error) {
	data, err := os.ReadFile(string(c))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("--config: %w", err)
	}
	return data, string(data), nil
}

// write puts the file in place as a whole: whoever reads it meanwhile sees the
// old one or the new one.
func (c localConfig) write(ctx context.Context, data []byte, tag string) error {
	now, _, err := c.read(ctx)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, []byte(tag)) {
		return fmt.Errorf("%s: %w", c, s3config.ErrChanged)
	}
	path, mode := string(c), fs.FileMode(0o644)
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".chimewatch-*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", c, err)
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("writing %s: %w", c, err)
	}
	return nil
}

// remoteConfig is an object in S3.
type remoteConfig struct {
	url    string
	object *s3config.Source
}

func (c *remoteConfig) name() string { return c.url }

func (c *remoteConfig) read(ctx context.Context) ([]byte, string, error) { return c.object.Read(ctx) }

func (c *remoteConfig) write(ctx context.Context, data []byte, tag string) error {
	return c.object.Write(ctx, data, tag)
}
