#![no_main]
#[path = "../../tests/outsiders/readers.rs"]
#[allow(dead_code, reason = "one of them is looked at here")]
mod readers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| readers::notices(bytes));
