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
    /// A whole number from 0 to 2²⁴ − 1 that depends on some columns of a row, which are quoted and said to be numbers or not:
    /// the sums of two passes tell whether rows changed in between. None where there is no such function; then only counts and
    /// means are compared.
    Fingerprint: ((string * bool) list -> string) option
}

/// <summary>Dialects of SQL.</summary>
[<RequireQualifiedAccess>]
module SqlDialect =

    let private quoteBy (mark: string) (name: string) =
        mark + name.Replace(mark, mark + mark) + mark

    /// The SQL standard.
    let standard name = {
        Name = name
        Quote = quoteBy "\""
        ToDouble = fun expression -> $"CAST({expression} AS DOUBLE PRECISION)"
        IsNaN = fun expression -> $"{expression} = CAST('NaN' AS DOUBLE PRECISION)"
        Log = fun expression -> $"LN({expression})"
        Fingerprint = None
    }

    // The remainder by 2²⁴: sums of 500 million rows are exact in double precision.
    let private short = 16777216

    /// DuckDB.
    let duckDb = {
        standard "DuckDB" with
            ToDouble = fun expression -> $"CAST({expression} AS DOUBLE)"
            IsNaN = fun expression -> $"isnan({expression})"
            Fingerprint =
                Some(fun columns ->
                    let columns = columns |> List.map fst |> String.concat ", "
                    $"CAST(hash({columns}) %% {short} AS BIGINT)")
    }

    /// PostgreSQL 11 and later, and what speaks its language: Citus, Greenplum 7.
    let postgreSql =
        let standard = standard "PostgreSQL"

        {
            standard with
                // The hash of each column is the seed of the next.
                Fingerprint =
                    Some(fun columns ->
                        let hash =
                            ("0", columns)
                            ||> List.fold (fun seed (column, isNumber) ->
                                if isNumber then
                                    $"hashfloat8extended({standard.ToDouble column}, {seed})"
                                else
                                    $"hashtextextended(CAST({column} AS TEXT), {seed})")

                        $"({hash} & {short - 1})")
        }
