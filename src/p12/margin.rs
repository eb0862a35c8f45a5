//! What stands before each line of a text: its number, the mark of a diff or a quotation, the time of a log.

use zeroize::Zeroizing;

/// What is in fewer lines has no margin.
const FEWEST: usize = 3;

/// Longer texts hold no key and no certificate.
const MOST: usize = 20_000;

/// The text without it; `None` where its lines have none.
pub(super) fn without(text: &str) -> Option<Zeroizing<String>> {
    let lines: Vec<_> = text.lines().take(MOST + 1).collect();
    if lines.len() < FEWEST || lines.len() > MOST {
        return None;
    }
    let kept = numbered(&lines).or_else(|| diff(&lines)).or_else(|| marked(&lines))?;
    let mut plain = Zeroizing::new(String::with_capacity(text.len() + 1));
    for line in kept {
        plain.push_str(line);
        plain.push('\n');
    }
    Some(plain)
}

/// Numbers that count: cat -n, nl, grep -n, bat.
fn numbered<'a>(lines: &[&'a str]) -> Option<Vec<&'a str>> {
    let mut last = None;
    let mut one = |line: &'a str| {
        let line = line.trim_start();
        let end = line.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(line.len());
        let (number, rest) = line.split_at_checked(end)?;
        if line.is_empty() {
            return Some(rest);
        }
        let number: u32 = number.parse().ok()?;
        let follows = last.replace(number).is_none_or(|last| number.checked_sub(1) == Some(last));
        let is_apart = rest.is_empty() || rest.starts_with([' ', '\t', ':', ')', '.', '|']);
        let bar = || rest.trim_start().strip_prefix(['|', '│']);
        (follows && is_apart).then(|| rest.strip_prefix([':', ')', '.']).or_else(bar).unwrap_or(rest))
    };
    lines.iter().map(|line| one(line)).collect()
}

/// What a diff adds; where it only removes, what it removes.
fn diff<'a>(lines: &[&'a str]) -> Option<Vec<&'a str>> {
    let is_bare = !lines.iter().any(|line| line.starts_with("@@ "));
    let (mut is_inside, mut hunks) = (is_bare, Vec::new());
    for line in lines.iter().filter(|line| !line.is_empty()) {
        match line {
            line if line.starts_with("@@ ") => is_inside = true,
            line if line.starts_with("diff ") || line.starts_with("--- ") => is_inside = is_bare,
            line if is_inside => hunks.push(*line),
            _ => {}
        }
    }
    let count = |mark: char| hunks.iter().filter(|line| line.starts_with(mark)).count();
    if is_bare && count('+') < hunks.len() {
        return None;
    }
    let dropped = if count('+') == 0 { '+' } else { '-' };
    let kept = hunks.into_iter().filter(|line| !line.starts_with(dropped));
    Some(kept.filter_map(|line| line.strip_prefix(['+', '-', ' '])).collect())
}

/// The same before all lines, as of a quotation, a comment or a line of a log: up to a blank, or a mark by itself.
fn marked<'a>(lines: &[&'a str]) -> Option<Vec<&'a str>> {
    let mut bare = lines.iter().map(|line| line.trim_start()).filter(|line| !line.is_empty());
    let mut shared = bare.next()?;
    for line in bare {
        let end = shared.char_indices().zip(line.chars()).find(|((_, one), other)| one != other);
        let end = end.map_or_else(|| shared.len().min(line.len()), |((at, _), _)| at);
        shared = shared.get(..end)?;
    }
    let is_mark = || !shared.is_empty() && shared.chars().all(|letter| "#/>*|;%".contains(letter));
    let end = shared.rfind(' ').map(|at| at + 1).or_else(|| is_mark().then_some(shared.len()))?;
    Some(lines.iter().map(|line| line.trim_start().get(end..).unwrap_or_default()).collect())
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn what_stands_before_all_lines_is_left_out() {
        for (text, plain) in [
            ("  9  a\n 10  b\n 11  c", "  a\n  b\n  c\n"),
            ("1:a\n2:b\n\n3:c", "a\nb\n\nc\n"),
            ("   1   │ a\n   2   │ b\n   3   │ c", " a\n b\n c\n"),
            ("+a\n+b\n+c", "a\nb\nc\n"),
            ("diff a b\n--- a\n+++ b\n@@ -1 +1,2 @@\n a\n-x\n+b\n\\ No newline\n", "a\nb\n"),
            ("@@ -1,2 +0,0 @@\n-a\n------b\n", "a\n-----b\n"),
            ("> a\n> b\n> c", "a\nb\nc\n"),
            ("//a\n//b\n//c", "a\nb\nc\n"),
            ("10:00 pod F a\n10:00 pod F b\n10:00 pod F c", "a\nb\nc\n"),
        ] {
            assert_eq!(without(text).map(|text| text.to_string()).as_deref(), Some(plain), "{text}");
        }
        for text in
            ["1 a\n3 b\n4 c", "MIIK\nMIIK\nMIIK", "48\n130\n10", "0000: 30\n0010: 82\n0020: 1", "+a\nb\nc"]
        {
            assert_eq!(without(text).as_deref(), None, "{text}");
        }
    }
}
