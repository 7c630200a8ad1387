//! RFC 4180, read record by record, so that a file of any length needs the memory of one.

use std::io::{self, BufRead};

/// No line of a table of applications is longer.
const LONGEST: usize = 64 * 1024;

/// The records of a table, the first of which names the columns.
#[derive(Debug)]
pub struct CsvRecords<R> {
    input: R,
    is_over: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    #[error("a value with quotes does not end, or the record is longer than {LONGEST} bytes")]
    Endless,
    #[error("is not UTF-8: save the table as UTF-8")]
    NotUtf8,
    #[error(transparent)]
    Unreadable(#[from] io::Error),
}

impl<R: BufRead> CsvRecords<R> {
    pub const fn new(input: R) -> Self {
        Self { input, is_over: false }
    }

    /// A record may go over several lines, inside of quotes.
    fn record(&mut self) -> Result<Option<Vec<String>>, CsvError> {
        let mut bytes = Vec::new();
        loop {
            let room = u64::try_from(LONGEST.saturating_sub(bytes.len())).unwrap_or_default();
            let read = io::Read::take(&mut self.input, room).read_until(b'\n', &mut bytes)?;
            let is_whole = bytes.iter().filter(|byte| **byte == b'"').count().is_multiple_of(2);
            match read {
                0 if bytes.is_empty() => return Ok(None),
                0 if !is_whole || bytes.len() >= LONGEST => return Err(CsvError::Endless),
                0 => {}
                _ if !is_whole || (bytes.last() != Some(&b'\n') && bytes.len() >= LONGEST) => continue,
                _ => {}
            }
            let text = String::from_utf8(std::mem::take(&mut bytes)).map_err(|_| CsvError::NotUtf8)?;
            let line = text.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']);
            // Spreadsheets leave empty lines at the end.
            if !line.is_empty() {
                return Ok(Some(values(line)));
            }
            if read == 0 {
                return Ok(None);
            }
        }
    }
}

impl<R: BufRead> Iterator for CsvRecords<R> {
    type Item = Result<Vec<String>, CsvError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let record = self.record().transpose();
        // Nobody can tell where the next record begins.
        self.is_over = !matches!(record, Some(Ok(_) | Err(CsvError::NotUtf8)));
        record
    }
}

fn values(line: &str) -> Vec<String> {
    let (mut values, mut value, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                value.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => values.push(std::mem::take(&mut value)),
            _ => value.push(letter),
        }
    }
    values.push(value);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Vec<Result<Vec<String>, String>> {
        CsvRecords::new(text).map(|record| record.map_err(|error| error.to_string())).collect()
    }

    #[test]
    fn tables_of_spreadsheets_are_read() {
        let text = "\u{feff}a,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n\r\n,\n3,4".as_bytes();
        let expected = [["a", "b"], ["1", "x, \"y\"\nz"], ["", ""], ["3", "4"]];
        assert_eq!(all(text), expected.map(|record| Ok(record.map(str::to_owned).to_vec())));
    }

    #[test]
    fn what_does_not_end_is_refused_and_does_not_fill_the_memory() {
        assert!(all(b"a,b\n\"1,2\n3,4\n").last().unwrap().is_err());
        assert!(all(&vec![b'x'; 3 * LONGEST]).last().unwrap().is_err());
        let records = all(b"a\n\xff\nb\n");
        assert!(records[1].is_err() && records[2].is_ok(), "a line of another encoding mutes no other");
    }
}
