package gpu

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	ort "github.com/yalue/onnxruntime_go"
)

// header is the C API's header that comes with the binding, without its comments.
func header(t *testing.T) string {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/yalue/onnxruntime_go").Output()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "onnxruntime_c_api.h"))
	if err != nil {
		t.Fatal(err)
	}
	s := regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(string(text), "")
	return regexp.MustCompile(`//[^\n]*`).ReplaceAllString(s, "")
}

// table lists the functions of a struct of function pointers, in order.
func table(t *testing.T, header, name string) []string {
	t.Helper()
	_, body, ok := strings.Cut(header, "struct "+name+" {")
	if !ok {
		t.Fatalf("the header has no struct %s", name)
	}
	body, _, _ = strings.Cut(body, "\n};")
	one := regexp.MustCompile(`ORT_API2_STATUS\(\s*(\w+)|(ORT_CLASS_RELEASE2?)\((\w+)\)|\(\s*ORT_API_CALL\s*\*\s*(\w+)\)|ORT_API_T\([^,]*,\s*(\w+)`)
	var list []string
	for _, m := range one.FindAllStringSubmatch(body, -1) {
		if m[2] != "" {
			list = append(list, "Release"+m[3])
		} else {
			list = append(list, m[1]+m[4]+m[5])
		}
	}
	return list
}

// Every place of the C API's tables that native.h names is where the header has it.
func TestPlacesInTheTables(t *testing.T) {
	h := header(t)
	tables := map[string][]string{"SLOT": table(t, h, "OrtApi"), "EDITOR": table(t, h, "OrtModelEditorApi")}
	functions := map[string]string{
		"SLOT_CREATE_STATUS": "CreateStatus", "SLOT_GET_ERROR_CODE": "GetErrorCode", "SLOT_GET_ERROR_MESSAGE": "GetErrorMessage",
		"SLOT_CREATE_ENV": "CreateEnv", "SLOT_RUN": "Run", "SLOT_SESSION_GET_INPUT_COUNT": "SessionGetInputCount",
		"SLOT_SESSION_GET_OUTPUT_COUNT": "SessionGetOutputCount", "SLOT_SESSION_GET_INPUT_TYPE": "SessionGetInputTypeInfo",
		"SLOT_SESSION_GET_INPUT_NAME": "SessionGetInputName", "SLOT_SESSION_GET_OUTPUT_NAME": "SessionGetOutputName",
		"SLOT_CREATE_RUN_OPTIONS": "CreateRunOptions", "SLOT_RUN_OPTIONS_SET_TERMINATE": "RunOptionsSetTerminate",
		"SLOT_CREATE_TENSOR": "CreateTensorAsOrtValue", "SLOT_CREATE_TENSOR_WITH_DATA": "CreateTensorWithDataAsOrtValue",
		"SLOT_GET_TENSOR_MUTABLE_DATA": "GetTensorMutableData", "SLOT_GET_TENSOR_ELEMENT_TYPE": "GetTensorElementType",
		"SLOT_GET_DIMENSIONS_COUNT": "GetDimensionsCount", "SLOT_GET_DIMENSIONS": "GetDimensions",
		"SLOT_GET_TENSOR_TYPE_AND_SHAPE": "GetTensorTypeAndShape", "SLOT_CREATE_CPU_MEMORY_INFO": "CreateCpuMemoryInfo",
		"SLOT_ALLOCATOR_FREE": "AllocatorFree", "SLOT_GET_DEFAULT_ALLOCATOR": "GetAllocatorWithDefaultOptions",
		"SLOT_RELEASE_ENV": "ReleaseEnv", "SLOT_RELEASE_STATUS": "ReleaseStatus", "SLOT_RELEASE_MEMORY_INFO": "ReleaseMemoryInfo",
		"SLOT_RELEASE_SESSION": "ReleaseSession", "SLOT_RELEASE_VALUE": "ReleaseValue", "SLOT_RELEASE_RUN_OPTIONS": "ReleaseRunOptions",
		"SLOT_RELEASE_TYPE_INFO": "ReleaseTypeInfo", "SLOT_RELEASE_TYPE_AND_SHAPE": "ReleaseTensorTypeAndShapeInfo",
		"SLOT_GET_AVAILABLE_PROVIDERS": "GetAvailableProviders", "SLOT_RELEASE_AVAILABLE_PROVIDERS": "ReleaseAvailableProviders",
		"SLOT_RELEASE_VALUE_INFO": "ReleaseValueInfo",
		"SLOT_RELEASE_GRAPH":      "ReleaseGraph", "SLOT_RELEASE_MODEL": "ReleaseModel", "SLOT_GET_MODEL_EDITOR": "GetModelEditorApi",
		"SLOT_CREATE_TENSOR_WITH_DATA_AND_DELETER": "CreateTensorWithDataAndDeleterAsOrtValue",
		"SLOT_SET_LOAD_CANCELLATION":               "SessionOptionsSetLoadCancellationFlag", "SLOT_GET_KEY_VALUE_PAIRS": "GetKeyValuePairs",
		"SLOT_GET_EP_DEVICES": "GetEpDevices", "SLOT_HARDWARE_DEVICE_TYPE": "HardwareDevice_Type",
		"SLOT_HARDWARE_DEVICE_VENDOR_ID": "HardwareDevice_VendorId", "SLOT_HARDWARE_DEVICE_VENDOR": "HardwareDevice_Vendor",
		"SLOT_HARDWARE_DEVICE_ID": "HardwareDevice_DeviceId", "SLOT_HARDWARE_DEVICE_METADATA": "HardwareDevice_Metadata",
		"SLOT_EP_DEVICE_EP_NAME": "EpDevice_EpName", "SLOT_EP_DEVICE_DEVICE": "EpDevice_Device",
		"EDITOR_CREATE_VALUE_INFO": "CreateValueInfo", "EDITOR_CREATE_GRAPH": "CreateGraph", "EDITOR_SET_GRAPH_INPUTS": "SetGraphInputs",
		"EDITOR_ADD_INITIALIZER": "AddInitializerToGraph", "EDITOR_CREATE_MODEL": "CreateModel", "EDITOR_ADD_GRAPH": "AddGraphToModel",
		"EDITOR_CREATE_SESSION": "CreateModelEditorSessionFromArray", "EDITOR_APPLY_MODEL": "ApplyModelToModelEditorSession",
		"EDITOR_FINALIZE": "FinalizeModelEditorSession",
	}
	ours, err := os.ReadFile("native.h")
	if err != nil {
		t.Fatal(err)
	}
	places := regexp.MustCompile(`((SLOT|EDITOR)_\w+) = (\d+),`).FindAllStringSubmatch(string(ours), -1)
	if len(places) != len(functions) {
		t.Errorf("native.h names %d places, and the test knows %d", len(places), len(functions))
	}
	for _, m := range places {
		place, err := strconv.Atoi(m[3])
		if err != nil {
			t.Fatal(err)
		}
		list, want := tables[m[2]], functions[m[1]]
		if place >= len(list) || list[place] != want || want == "" {
			t.Errorf("%s is %d, where the header does not have %q", m[1], place, want)
		}
	}
	version := regexp.MustCompile(`ORT_API_VERSION_ASKED (\d+)`).FindStringSubmatch(string(ours))
	if !strings.Contains(h, "#define ORT_API_VERSION "+version[1]+"\n") {
		t.Errorf("native.h asks for version %s of the API, the binding for another", version[1])
	}
}

// The one pointer of the binding that is taken out of its struct is there.
func TestBindingKeepsItsOptionsWhereExpected(t *testing.T) {
	openTest(t, Config{})
	o, err := ort.NewSessionOptions()
	if err != nil {
		t.Fatal(err)
	}
	defer o.Destroy()
	if p, err := pointerIn(o, "o"); err != nil || p == nil {
		t.Fatal(p, err)
	}
	if _, err := pointerIn(o, "gone"); err == nil {
		t.Error("a field that is not there is found")
	}
}
