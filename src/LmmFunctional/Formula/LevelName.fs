namespace LmmFunctional.Language

open System
open System.Globalization

/// <summary>The names of levels that are numbers in the data.</summary>
[<RequireQualifiedAccess>]
module internal LevelName =

    /// Whole numbers are written out, as R prints those it reads from a file: 100000, not 1e+05.
    let ofNumber (value: float) =
        if value = Math.Floor value && abs value < 1e15 then
            (int64 value).ToString(CultureInfo.InvariantCulture)
        else
            Lexeme.number value
