package contracts

import "encoding/json"

// Optional is a field that may be left out. The zero value is left out, and has its default.
type Optional[T any] struct {
	isSet bool
	value *T
}

// Set is a field with a value.
func Set[T any](value T) Optional[T] { return Optional[T]{isSet: true, value: &value} }

// Null is a field that is null, which some fields may be, and which may be another thing than their default.
func Null[T any]() Optional[T] { return Optional[T]{isSet: true} }

// Get returns the value, and whether there is one.
func (o Optional[T]) Get() (value T, ok bool) {
	if o.value != nil {
		value = *o.value
	}
	return value, o.value != nil
}

// IsZero has encoding/json leave out what is not set.
func (o Optional[T]) IsZero() bool { return !o.isSet }

func (o Optional[T]) MarshalJSON() ([]byte, error) { return json.Marshal(o.value) }

func (o *Optional[T]) UnmarshalJSON(data []byte) error {
	o.isSet = true
	return json.Unmarshal(data, &o.value)
}
