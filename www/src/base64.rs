//! Base64 as in RFC 4648, section 4, read only: what a picture's counts travel in.

/// Decodes a text; none if a character is not of the alphabet.
///
/// Padding may be missing. Bits that do not fill a byte are dropped.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut bits, mut filled) = (0_u32, 0_u32);
    for letter in text.bytes() {
        bits = (bits << 6) | u32::from(value(letter)?);
        filled += 6;
        if filled >= 8 {
            filled -= 8;
            let [.., byte] = (bits >> filled).to_be_bytes();
            bytes.push(byte);
        }
    }
    Some(bytes)
}

fn value(letter: u8) -> Option<u8> {
    match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_the_vectors_of_the_rfc() {
        for (text, bytes) in
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg", "foob")]
        {
            assert_eq!(decode(text).as_deref(), Some(bytes.as_bytes()), "{text}");
        }
        assert_eq!(decode("+/8="), Some(vec![0xfb, 0xff]));
        assert_eq!(decode("Zm 9"), None);
    }
}
