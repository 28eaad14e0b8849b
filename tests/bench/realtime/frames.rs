//! The bytes of WebSockets and of server-sent events: written as a client does, and cut into messages.

/// A client's text frame.
pub fn text_frame(text: &str) -> Vec<u8> {
    const MASK: [u8; 4] = [0x5A, 0x17, 0xC3, 0x88];
    frame(0x1, text.as_bytes(), MASK)
}

/// The answer to a ping.
pub fn pong_frame(payload: &[u8]) -> Vec<u8> {
    frame(0xA, payload, [1, 2, 3, 4])
}

/// A client's goodbye.
pub fn close_frame() -> Vec<u8> {
    frame(0x8, &1000_u16.to_be_bytes(), [1, 2, 3, 4])
}

fn frame(opcode: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode];
    match payload.len() {
        length @ 0..126 => frame.push(0x80 | length as u8),
        length => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(length).expect("a short message").to_be_bytes());
        }
    }
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// One message of a server: the opcode of its frame (1 for an event of SSE) and what it holds.
pub struct Message<'a> {
    pub opcode: u8,
    pub payload: &'a [u8],
}

/// The first WebSocket frame and its length, when all of it is there.
pub fn next_frame(bytes: &[u8]) -> Option<(Message<'_>, usize)> {
    let (&first, &second) = (bytes.first()?, bytes.get(1)?);
    assert!(first & 0x70 == 0 && second & 0x80 == 0, "a server's frame without extensions");
    let (start, length) = match second {
        126 => (4, u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?).into()),
        127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?),
        length => (2, length.into()),
    };
    let payload = bytes.get(start..start + length)?;
    Some((Message { opcode: first & 0xF, payload }, start + length))
}

/// The first event of a stream and its length. The lines of chunks in between are of no interest.
pub fn next_event(bytes: &[u8]) -> Option<(Message<'_>, usize)> {
    let mut from = 0;
    loop {
        let end = from + bytes[from..].iter().position(|&byte| byte == b'\n')? + 1;
        if *bytes.get(end)? == b'\n' {
            return Some((Message { opcode: 1, payload: &bytes[..end] }, end + 1));
        }
        from = end;
    }
}

/// The number that follows `key` in a message, wherever it stands.
pub fn number_after(payload: &[u8], key: &[u8]) -> Option<u64> {
    let at = payload.windows(key.len()).position(|window| window == key)? + key.len();
    let digits = payload[at..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

/// Whether that stands anywhere in it.
pub fn contains(payload: &[u8], text: &[u8]) -> bool {
    payload.windows(text.len()).any(|window| window == text)
}
