namespace LmmFunctional.Model

/// <summary>Counts in sentences.</summary>
[<RequireQualifiedAccess>]
module internal Plural =

    /// A count and what is counted: 1 row, 2 rows.
    let count (number: int) (noun: string) =
        if number = 1 then $"1 {noun}" else $"{number} {noun}s"

    /// The verb that goes with a count: 1 is, 2 are.
    let verb (number: int) (ofOne: string) (ofMany: string) = if number = 1 then ofOne else ofMany
