//! What differs between two texts, line by line, as `git diff` shows it.

/// Lines of context around a change.
const CONTEXT: usize = 3;
/// Changed lines that are compared one by one (the product of both sides); beyond that all are replaced.
const MOST: usize = 4_000_000;

#[derive(Clone, Copy, PartialEq)]
enum Line<'a> {
    Same(&'a str),
    Gone(&'a str),
    New(&'a str),
}

/// A unified diff; empty where nothing differs.
pub fn unified(before: &str, after: &str) -> String {
    let lines = compared(before, after);
    let is_change = |line: &Line<'_>| !matches!(line, Line::Same(_));
    let mut out = String::new();
    let (mut old, mut new, mut at) = (1, 1, 0);
    while let Some(first) = lines[at..].iter().position(is_change).map(|n| at + n) {
        let from = first.saturating_sub(CONTEXT).max(at);
        old += from - at;
        new += from - at;
        let mut end = first;
        let mut quiet = 0;
        while end < lines.len() && quiet <= 2 * CONTEXT {
            quiet = if is_change(&lines[end]) { 0 } else { quiet + 1 };
            end += 1;
        }
        end -= quiet.saturating_sub(CONTEXT);
        let hunk = &lines[from..end];
        let olds = hunk.iter().filter(|line| !matches!(line, Line::New(_))).count();
        let news = hunk.iter().filter(|line| !matches!(line, Line::Gone(_))).count();
        out.push_str(&format!("@@ -{old},{olds} +{new},{news} @@\n"));
        for line in hunk {
            let (mark, text) = match line {
                Line::Same(text) => (' ', text),
                Line::Gone(text) => ('-', text),
                Line::New(text) => ('+', text),
            };
            out.push(mark);
            out.push_str(text);
            out.push('\n');
        }
        old += olds;
        new += news;
        at = end;
    }
    out
}

/// All lines of both, in order: the longest common subsequence stays.
fn compared<'a>(before: &'a str, after: &'a str) -> Vec<Line<'a>> {
    let (a, b): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(x, y)| x == y).count();
    let (x, y) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let mut out: Vec<Line<'a>> = a[..head].iter().map(|line| Line::Same(line)).collect();
    if x.len().saturating_mul(y.len()) > MOST {
        out.extend(x.iter().map(|line| Line::Gone(line)));
        out.extend(y.iter().map(|line| Line::New(line)));
    } else {
        middle(x, y, &mut out);
    }
    out.extend(a[a.len() - tail..].iter().map(|line| Line::Same(line)));
    out
}

fn middle<'a>(x: &[&'a str], y: &[&'a str], out: &mut Vec<Line<'a>>) {
    let width = y.len() + 1;
    let mut common = vec![0u32; (x.len() + 1) * width];
    for i in (0..x.len()).rev() {
        for j in (0..y.len()).rev() {
            common[i * width + j] = if x[i] == y[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < x.len() || j < y.len() {
        if i < x.len() && j < y.len() && x[i] == y[j] {
            out.push(Line::Same(x[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == y.len() || i < x.len() && common[(i + 1) * width + j] >= common[i * width + j + 1] {
            out.push(Line::Gone(x[i]));
            i += 1;
        } else {
            out.push(Line::New(y[j]));
            j += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hunks_have_their_lines_and_context() {
        let before: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let after = before.replace("\n5\n", "\nfive\n").replace("20\n", "20\n21\n");
        assert_eq!(
            unified(&before, &after),
            "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n@@ -18,3 +18,4 @@\n 18\n 19\n 20\n+21\n"
        );
        assert_eq!(unified("a", "a"), "");
        assert_eq!(unified("", "a"), "@@ -1,0 +1,1 @@\n+a\n");
    }
}
