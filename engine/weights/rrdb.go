package weights

import "strings"

// rrdbName gives an RRDBNet's weights the names of Real-ESRGAN: without the
// wrapper that a training checkpoint puts around them, and translated from
// the first ESRGAN's names.
func rrdbName(name string) string {
	for _, p := range [...]string{"params_ema.", "params."} {
		name = strings.TrimPrefix(name, p)
	}
	if rest, ok := strings.CutPrefix(name, "RRDB_trunk."); ok {
		return strings.Replace("body."+rest, ".RDB", ".rdb", 1)
	}
	for _, r := range [...][2]string{{"trunk_conv.", "conv_body."}, {"upconv1.", "conv_up1."}, {"upconv2.", "conv_up2."}, {"HRconv.", "conv_hr."}} {
		if rest, ok := strings.CutPrefix(name, r[0]); ok {
			return r[1] + rest
		}
	}
	return name
}
