//! The names in a ZIP archive (APPNOTE.TXT, sections 4.3.12 and 4.3.16). Nothing is unpacked.

/// A document has some dozens.
const MOST_NAMES: usize = 10_000;

/// With the comment of 65,535 bytes at most behind it.
const END_LENGTH: usize = 22;
const END_WITHIN: usize = END_LENGTH + 65_535;

/// `None` if it is no whole archive.
pub(super) fn names(archive: &[u8]) -> Option<Vec<&[u8]>> {
    let tail_at = archive.len().saturating_sub(END_WITHIN);
    let end = tail_at + archive[tail_at..].windows(4).rposition(|four| four == b"PK\x05\x06")?;
    let count = number(archive, end + 10, 2)?.min(MOST_NAMES);
    let mut at = number(archive, end + 16, 4)?;
    let mut names = Vec::with_capacity(count);
    for _ in 0..count {
        if archive.get(at..at.checked_add(4)?)? != b"PK\x01\x02" {
            return None;
        }
        let [name, extra, comment] = [number(archive, at + 28, 2)?, number(archive, at + 30, 2)?, number(archive, at + 32, 2)?];
        names.push(archive.get(at + 46..at + 46 + name)?);
        at += 46 + name + extra + comment;
    }
    Some(names)
}

fn number(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    let little_endian = bytes.get(at..at.checked_add(length)?)?;
    Some(little_endian.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Stored, without check sums: nobody here reads what is in it.
    pub(in crate::attachment) fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut archive, mut directory) = (Vec::new(), Vec::new());
        for (name, bytes) in files {
            let offset = u32::try_from(archive.len()).unwrap().to_le_bytes();
            let [length, size] =
                [u16::try_from(name.len()).unwrap().to_le_bytes().to_vec(), u32::try_from(bytes.len()).unwrap().to_le_bytes().to_vec()];
            let common = [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &size, &size, &length, &[0, 0]].concat();
            archive.extend([&b"PK\x03\x04"[..], &common, name.as_bytes(), bytes].concat());
            directory.extend([&b"PK\x01\x02\x14\0"[..], &common, &[0; 10], &offset, name.as_bytes()].concat());
        }
        let count = u16::try_from(files.len()).unwrap().to_le_bytes();
        let [size, offset] = [directory.len(), archive.len()].map(|length| u32::try_from(length).unwrap().to_le_bytes());
        [&archive[..], &directory, b"PK\x05\x06", &[0; 4], &count, &count, &size, &offset, &[0, 0]].concat()
    }

    #[test]
    fn the_names_are_those_of_the_directory() {
        let archive = archive(&[("a", b"1"), ("b/c.xml", b"22")]);
        assert_eq!(names(&archive), Some(vec![&b"a"[..], b"b/c.xml"]));
        assert_eq!(names(b"PK\x05\x06"), None);
        assert_eq!(names(b""), None);
    }
}
