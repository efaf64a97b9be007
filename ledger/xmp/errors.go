package xmp

import "fmt"

// FormatError reports a file that cannot carry a packet, or is damaged.
type FormatError struct {
	Format string // PNG, JPEG, TIFF; empty for another
	Offset int64  // bytes, about where
	Reason string
}

func (e *FormatError) Error() string {
	if e.Format == "" {
		return "xmp: the file is neither PNG nor JPEG nor TIFF: " + e.Reason
	}
	return fmt.Sprintf("xmp: the %s file is damaged at byte %d: %s", e.Format, e.Offset, e.Reason)
}

// NoneError reports a sound file without a packet.
type NoneError struct{ Format string }

func (e *NoneError) Error() string { return "xmp: the " + e.Format + " file has no XMP" }

// TooLargeError reports a packet that does not fit.
type TooLargeError struct {
	Format      string // empty where it is for any
	Size, Limit int64  // bytes
}

func (e *TooLargeError) Error() string {
	if e.Format == "" {
		return fmt.Sprintf("xmp: the packet has %d bytes, more than %d", e.Size, e.Limit)
	}
	return fmt.Sprintf("xmp: with a packet of %d bytes the %s file passes what the format can hold (%d); shorten the texts, or choose another format", e.Size, e.Format, e.Limit)
}

// FieldError reports a field that cannot be written, or contradicts another.
type FieldError struct{ Field, Reason string }

func (e *FieldError) Error() string { return fmt.Sprintf("xmp: %s: %s", e.Field, e.Reason) }

// PacketError reports bytes that are no XMP packet.
type PacketError struct{ Reason string }

func (e *PacketError) Error() string { return "xmp: this is no XMP packet: " + e.Reason }
