namespace LmmFunctional.Model

open System

/// <summary>Checks of the numbers that a program hands in. A wrong one is misuse and raises ArgumentException where it
/// enters, before any work.</summary>
[<RequireQualifiedAccess>]
module internal Guard =

    /// Raises unless a level of confidence lies strictly between 0 and 1.
    let level name (value: float) =
        if not (value > 0.0 && value < 1.0) then
            invalidArg name $"A level of confidence lies between 0 and 1, such as 0.95; {value} does not."

    /// Raises unless a count is at least as large as the smallest that has a meaning.
    let atLeast name (what: string) (least: int) (value: int) =
        if value < least then
            invalidArg name $"{what} must be {least} or more; {value} is less."

    /// Raises unless a number is positive and finite.
    let positive name (what: string) (value: float) =
        if not (value > 0.0 && Double.IsFinite value) then
            invalidArg name $"{what} must be a positive number; {value} is not."

    /// Raises unless all numbers are finite.
    let finite name (what: string) (values: float seq) =
        match values |> Seq.tryFind (Double.IsFinite >> not) with
        | Some value -> invalidArg name $"{what} must be finite; {value} is not."
        | None -> ()
