//! What the room asks of a database: statements with numbered parameters, and transactions.

use async_trait::async_trait;
use shared::clock::Timestamp;
use shared::ids::RunId;
use shared::ports::StoreError;
use shared::ports::store::NewRun;

/// A database that runs statements.
#[async_trait]
pub(crate) trait Engine: Send + Sync + 'static {
    /// Runs a statement that only reads.
    async fn read(&self, statement: Statement) -> Result<Rows, StoreError>;

    /// The store's time.
    async fn now(&self) -> Result<Timestamp, StoreError>;

    /// Begins a transaction; undone unless it is committed.
    async fn begin(&self) -> Result<Box<dyn Transaction + '_>, StoreError>;

    /// Words after a SELECT that lock its rows, and leave out those that others have locked. Empty
    /// where there is one writer anyway.
    fn skip_locked(&self) -> &'static str;
}

/// A transaction.
#[async_trait]
pub(crate) trait Transaction: Send {
    /// The moment at which it began.
    fn now(&self) -> Timestamp;

    /// Runs a statement.
    async fn run(&mut self, statement: Statement) -> Result<Rows, StoreError>;

    /// Begins a run within it. The tenant's row is locked from here on.
    async fn create_run(&mut self, new: NewRun) -> Result<RunId, StoreError>;

    /// Makes it last.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// A statement with its parameters.
pub(crate) struct Statement {
    pub(crate) text: std::borrow::Cow<'static, str>,
    pub(crate) values: Vec<Value>,
}

/// A parameter.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Blob(Option<Vec<u8>>),
}

/// A statement whose parameters follow, `$1` first.
pub(crate) fn sql(text: impl Into<std::borrow::Cow<'static, str>>) -> Statement {
    Statement { text: text.into(), values: Vec::new() }
}

impl Statement {
    pub(crate) fn int(mut self, value: impl Into<Option<i64>>) -> Self {
        self.values.push(Value::Int(value.into()));
        self
    }

    pub(crate) fn text(mut self, value: impl Into<String>) -> Self {
        self.values.push(Value::Text(Some(value.into())));
        self
    }

    pub(crate) fn text_or_null(mut self, value: Option<String>) -> Self {
        self.values.push(Value::Text(value));
        self
    }

    pub(crate) fn blob(mut self, value: impl Into<Vec<u8>>) -> Self {
        self.values.push(Value::Blob(Some(value.into())));
        self
    }
}

/// What a statement returned.
pub(crate) type Rows = Vec<Row>;

/// One row.
pub(crate) struct Row(pub(crate) Vec<Cell>);

/// One column of a row.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

fn wrong(column: usize, cell: Option<&Cell>) -> StoreError {
    StoreError::Corrupt(format!("column {column} holds {cell:?}"))
}

impl Row {
    pub(crate) fn int(&self, column: usize) -> Result<i64, StoreError> {
        match self.0.get(column) {
            Some(Cell::Int(value)) => Ok(*value),
            other => Err(wrong(column, other)),
        }
    }

    pub(crate) fn int_or_null(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self.0.get(column) {
            Some(Cell::Null) => Ok(None),
            _ => self.int(column).map(Some),
        }
    }

    /// A number that is never negative and fits.
    pub(crate) fn number<T: TryFrom<i64>>(&self, column: usize) -> Result<T, StoreError> {
        let value = self.int(column)?;
        T::try_from(value).map_err(|_| wrong(column, self.0.get(column)))
    }

    pub(crate) fn number_or_null<T: TryFrom<i64>>(&self, column: usize) -> Result<Option<T>, StoreError> {
        match self.0.get(column) {
            Some(Cell::Null) => Ok(None),
            _ => self.number(column).map(Some),
        }
    }

    pub(crate) fn flag(&self, column: usize) -> Result<bool, StoreError> {
        Ok(self.int(column)? != 0)
    }

    pub(crate) fn time(&self, column: usize) -> Result<Timestamp, StoreError> {
        self.int(column).map(Timestamp)
    }

    pub(crate) fn time_or_null(&self, column: usize) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.int_or_null(column)?.map(Timestamp))
    }

    pub(crate) fn text(&self, column: usize) -> Result<String, StoreError> {
        match self.0.get(column) {
            Some(Cell::Text(value)) => Ok(value.clone()),
            other => Err(wrong(column, other)),
        }
    }

    pub(crate) fn text_or_null(&self, column: usize) -> Result<Option<String>, StoreError> {
        match self.0.get(column) {
            Some(Cell::Null) => Ok(None),
            _ => self.text(column).map(Some),
        }
    }

    pub(crate) fn blob(&self, column: usize) -> Result<Vec<u8>, StoreError> {
        match self.0.get(column) {
            Some(Cell::Blob(value)) => Ok(value.clone()),
            other => Err(wrong(column, other)),
        }
    }

    /// 32 bytes.
    pub(crate) fn hash(&self, column: usize) -> Result<[u8; 32], StoreError> {
        self.blob(column)?.try_into().map_err(|_| wrong(column, self.0.get(column)))
    }

    /// A text that is JSON.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, column: usize) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(column)?).map_err(super::corrupt)
    }
}
