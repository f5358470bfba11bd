namespace LmmFunctional.Tests

open System
open LmmFunctional
open Expecto

/// Fits that the tests of inference share.
[<RequireQualifiedAccess>]
module Models =

    let private orRaise result =
        match result with
        | Ok value -> value
        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "\n")

    let fit criterion data formula =
        Lmm.fitFormula
            {
                FitOptions.defaults with
                    Criterion = criterion
            }
            (TestFrame.read data)
            formula
        |> orRaise

    let ml = fit Criterion.Ml
    let reml = fit Criterion.Reml

    /// The value of a result that must not be an error.
    let value result = orRaise result

    /// The words of the problems of a result.
    let words result =
        match result with
        | Ok _ -> []
        | Error problems -> problems |> List.map LmmError.describe

    let sleepstudy = lazy (ml "sleepstudy" "Reaction ~ Days + (Days | Subject)")
    let dyestuff = lazy (ml "dyestuff" "Yield ~ 1 + (1 | Batch)")

    let penicillin =
        lazy (reml "penicillin" "diameter ~ 1 + (1 | plate) + (1 | sample)")

    /// The work is refused as misuse.
    let isMisuse (work: unit -> unit) =
        Expect.throwsT<ArgumentException> work "misuse is refused"
