//! Where the files of a dataset can be downloaded, and how they are verified.

/// How a downloaded file is verified; in hexadecimal, lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256 of the uncompressed bytes, for files that mirrors compress differently.
    Sha256OfContent(String),
    /// MD5 of the file as it is sent.
    Md5OfFile(String),
}

/// A file that a mirror offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    /// Name on the mirror and on disk. The file is compressed with gzip.
    pub name: String,
    /// Digest that the file must have.
    pub digest: Digest,
}

/// Where to download the files of a dataset, and their digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// Address to which `/NAME` is appended.
    pub base_url: String,
    /// Files of the dataset.
    pub files: Vec<RemoteFile>,
}
