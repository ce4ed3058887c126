//! Words that do not compress to nothing: different in each event.

const WORDS: [&str; 16] = [
    "margin",
    "renewal",
    "quote",
    "segment",
    "review",
    "finance",
    "contract",
    "threshold",
    "approved",
    "pending",
    "customer",
    "discount",
    "evidence",
    "request",
    "quarter",
    "policy",
];

/// Text of so many bytes.
pub(super) fn filling(seed: usize, bytes: usize) -> String {
    let mut state = seed as u64 | 1;
    let mut text = String::with_capacity(bytes + 24);
    while text.len() < bytes {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let word = WORDS[usize::try_from(state >> 60).unwrap_or(0)];
        text.push_str(&format!("{word} {} ", (state >> 20) & 0xffff));
    }
    text.truncate(bytes);
    text
}
