// Command pack zips the files of a folder so that the same files give the same
// bytes: sorted, without times, owners or anything else of the machine. The
// programs, bootstrap, chimewatch and chimewatch.exe, are executable.
package main

import (
	"archive/zip"
	"compress/flate"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

func main() {
	out := flag.String("o", "", "`file` to write")
	flag.Parse()
	if *out == "" || flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: pack -o FILE FOLDER")
		os.Exit(2)
	}
	if err := pack(*out, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func pack(out, folder string) (err error) {
	file, err := os.Create(out)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := file.Close(); err == nil {
			err = cerr
		}
	}()
	archive := zip.NewWriter(file)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestCompression)
	})
	root := os.DirFS(folder)
	// WalkDir goes in lexical order.
	err = fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return add(archive, root, path)
	})
	if err != nil {
		return err
	}
	return archive.Close()
}

func add(archive *zip.Writer, root fs.FS, path string) error {
	header := &zip.FileHeader{Name: path, Method: zip.Deflate}
	header.SetMode(0o644)
	switch filepath.Base(path) {
	case "bootstrap", "chimewatch", "chimewatch.exe":
		header.SetMode(0o755)
	}
	w, err := archive.CreateHeader(header)
	if err != nil {
		return err
	}
	r, err := root.Open(path)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(w, r)
	return err
}
