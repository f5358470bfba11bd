namespace LmmFunctional.Data

/// <summary>How a database writes what the queries for sums need.</summary>
type SqlDialect = {
    /// What to call the database in messages.
    Name: string
    /// An identifier in quotes: no name can end them.
    Quote: string -> string
    /// An expression as a number in double precision.
    ToDouble: string -> string
    /// Whether a number, already in double precision, is NaN.
    IsNaN: string -> string
    /// The natural logarithm.
    Log: string -> string
}

/// <summary>Dialects of SQL.</summary>
[<RequireQualifiedAccess>]
module SqlDialect =

    let private quoteBy (mark: string) (name: string) =
        mark + name.Replace(mark, mark + mark) + mark

    /// The SQL standard, as DuckDB and PostgreSQL write it.
    let standard name = {
        Name = name
        Quote = quoteBy "\""
        ToDouble = fun expression -> $"CAST({expression} AS DOUBLE PRECISION)"
        IsNaN = fun expression -> $"{expression} = CAST('NaN' AS DOUBLE PRECISION)"
        Log = fun expression -> $"LN({expression})"
    }

    /// DuckDB.
    let duckDb = {
        standard "DuckDB" with
            ToDouble = fun expression -> $"CAST({expression} AS DOUBLE)"
            IsNaN = fun expression -> $"isnan({expression})"
    }

    /// PostgreSQL, and what speaks its language: Citus, Greenplum.
    let postgreSql = standard "PostgreSQL"
