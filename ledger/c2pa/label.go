package c2pa

import (
	"fmt"
	"strconv"
	"strings"
)

// The boxes of a manifest by their labels, and the labels of the assertions that
// are understood.
const (
	storeLabel      = "c2pa"
	claimLabel      = "c2pa.claim"
	claimLabelV2    = "c2pa.claim.v2"
	signatureLabel  = "c2pa.signature"
	assertionsLabel = "c2pa.assertions"
	databoxesLabel  = "c2pa.databoxes"

	labelActions             = "c2pa.actions"
	labelIngredient          = "c2pa.ingredient"
	labelDataHash            = "c2pa.hash.data"
	labelBoxHash             = "c2pa.hash.boxes"
	labelBMFFHash            = "c2pa.hash.bmff"
	labelCollectionHash      = "c2pa.hash.collection.data"
	labelSoftBinding         = "c2pa.soft-binding"
	labelCloudData           = "c2pa.cloud-data"
	labelTimeStamp           = "c2pa.time-stamp"
	labelClaimThumbnail      = "c2pa.thumbnail.claim"
	labelIngredientThumbnail = "c2pa.thumbnail.ingredient"
	labelAssertionMetadata   = "c2pa.assertion.metadata"
	labelTrainingMining      = "cawg.training-mining"
)

const uriPrefix = "self#jumbf="

func manifestURI(manifest string) string { return uriPrefix + "/" + storeLabel + "/" + manifest }

func assertionURI(manifest, assertion string) string {
	return manifestURI(manifest) + "/" + assertionsLabel + "/" + assertion
}

func signatureURI(manifest string) string { return manifestURI(manifest) + "/" + signatureLabel }

// uriParts is the path of a JUMBF URI. The first part of an absolute one is empty.
func uriParts(uri string) []string {
	parts := strings.Split(uri, "=")
	path := parts[0]
	if len(parts) > 1 {
		path = parts[1]
	}
	if strings.HasPrefix(path, storeLabel+"/") {
		path = "/" + path
	}
	return strings.Split(path, "/")
}

// absoluteURI makes a URI of one manifest a URI of the store.
func absoluteURI(manifest, uri string) string {
	parts := uriParts(uri)
	if len(parts) > 2 && parts[1] == storeLabel {
		return uri
	}
	return manifestURI(manifest) + "/" + strings.Join(parts, "/")
}

// manifestOf is the label of the manifest in an absolute URI.
func manifestOf(uri string) (string, bool) {
	parts := uriParts(uri)
	if len(parts) > 2 && parts[1] == storeLabel {
		return parts[2], true
	}
	return "", false
}

// manifestPath is manifestOf, where a bare label stands for itself.
func manifestPath(uri string) string {
	if label, ok := manifestOf(uri); ok {
		return label
	}
	return uri
}

// assertionOf is the label of the assertion that a URI points to.
func assertionOf(uri string) (string, bool) {
	parts := uriParts(uri)
	switch {
	case len(parts) > 4 && parts[1] == storeLabel && (parts[3] == assertionsLabel || parts[3] == databoxesLabel):
		return parts[4], true
	case len(parts) > 1 && parts[0] == assertionsLabel:
		return parts[1], true
	default:
		return "", false
	}
}

// lastPart is the name of the box that a URI points to.
func lastPart(uri string) string {
	parts := uriParts(uri)
	return parts[len(parts)-1]
}

// splitLabel takes an assertion's label apart, as in "c2pa.ingredient.v3__2":
// base "c2pa.ingredient", version 3 (1 where none is said), instance 2 (0 where it
// is the only one).
func splitLabel(label string) (base string, version, instance int) {
	base, version = label, 1
	if at := strings.LastIndex(label, "__"); at >= 0 {
		base = label[:at]
		rest, _, _ := strings.Cut(label[at+2:], ".")
		instance, _ = strconv.Atoi(rest) // a label that ends oddly is the first instance
		instance = max(0, instance)
		if strings.HasPrefix(base, labelIngredientThumbnail) {
			if _, format, found := strings.Cut(label[at+2:], "."); found {
				base += "." + format
			}
		}
	}
	if dot := strings.LastIndex(base, ".v"); dot > 0 {
		if n, err := strconv.ParseUint(base[dot+2:], 10, 31); err == nil {
			base, version = base[:dot], int(n)
		}
	}
	return base, version, instance
}

// rawLabel is a label without its instance.
func rawLabel(label string) string {
	base, version, _ := splitLabel(label)
	if version > 1 {
		return base + ".v" + strconv.Itoa(version)
	}
	return base
}

// sameAssertion says whether two labels name the same instance of an assertion.
func sameAssertion(a, b string) bool {
	baseA, versionA, instanceA := splitLabel(a)
	baseB, versionB, instanceB := splitLabel(b)
	return baseA == baseB && versionA == versionB && instanceA == instanceB
}

// instanceLabel numbers the second and later assertions of one label.
func instanceLabel(label string, instance int) string {
	if instance == 0 {
		return label
	}
	if rest, found := strings.CutPrefix(label, labelIngredientThumbnail); found {
		return fmt.Sprintf("%s__%d%s", labelIngredientThumbnail, instance, rest)
	}
	return fmt.Sprintf("%s__%d", label, instance)
}

// soundManifestLabel says whether a label is a URN as C2PA 8.3 wants it: of claim
// v2 "urn:c2pa:GUID[:VENDOR[:VERSION_REASON]]", or of claim v1 "[VENDOR:]urn:uuid:GUID".
func soundManifestLabel(label string) bool {
	parts := strings.Split(label, ":")
	if len(parts) < 3 {
		return false
	}
	if parts[0] != "urn" {
		return parts[1] == "urn" && parts[2] == "uuid" && len(parts) == 4
	}
	if parts[1] == "uuid" {
		return true
	}
	if parts[1] != "c2pa" || len(parts) > 5 {
		return false
	}
	if len(parts) > 3 && parts[3] != "" {
		vendor := parts[3]
		if len(vendor) > 32 || len(strings.Fields(vendor)) != 1 || strings.ContainsFunc(vendor, func(r rune) bool { return r > 127 }) {
			return false
		}
	}
	if len(parts) > 4 && parts[4] != "" {
		for i, n := range strings.Split(parts[4], "_") {
			if i > 1 {
				break
			}
			if _, err := strconv.ParseUint(n, 10, 64); err != nil {
				return false
			}
		}
	}
	return true
}
