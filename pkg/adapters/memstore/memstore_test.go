package memstore_test

import (
	"testing"

	"chimewatch/pkg/adapters/memstore"
	"chimewatch/pkg/pipeline"
	"chimewatch/pkg/pipeline/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) pipeline.Store { return memstore.New(storetest.Hasher()) })
}
