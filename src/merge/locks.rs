//! Lock files: never merged by line; re-rendered, or kept with the command that locks again.

/// The command that writes a lock file anew, for a path and content that are one.
pub fn command(path: &str, bytes: &[u8]) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    Some(match name {
        "package-lock.json" | "npm-shrinkwrap.json" => "npm install --package-lock-only",
        "yarn.lock" => "yarn install",
        "pnpm-lock.yaml" => "pnpm install --lockfile-only",
        "uv.lock" => "uv lock",
        "poetry.lock" => "poetry lock",
        // By hand it is a list like any other; with hashes it was locked.
        _ if name.starts_with("requirements") && name.ends_with(".txt") && holds_hashes(bytes) => {
            "python tasks.py lock"
        }
        _ => return None,
    })
}

fn holds_hashes(bytes: &[u8]) -> bool {
    const MARK: &[u8] = b"--hash=";
    bytes.windows(MARK.len()).any(|window| window == MARK)
}
