package weights

import "strings"

// isLoRAKey tells whether a tensor of that name belongs to a LoRA.
func isLoRAKey(name string) bool {
	for _, part := range [...]string{".lora_down.", ".lora_up.", ".lora_A.", ".lora_B.", "_lora.down.", "_lora.up.", ".lora.down.", ".lora.up.", ".lora_linear_layer.", ".hada_w1_a", ".lokr_w1", ".dora_scale"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
