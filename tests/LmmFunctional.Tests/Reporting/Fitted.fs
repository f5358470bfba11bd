namespace LmmFunctional.Tests

open LmmFunctional
open LmmFunctional.Estimation

/// <summary>Models fitted to the data files of the tests.</summary>
[<RequireQualifiedAccess>]
module Fitted =

    /// <summary>The fit of a formula to a data file with these options.</summary>
    let using options name formula =
        match
            Csv.read (TestData.csv name)
            |> Result.bind (fun frame -> Lmm.fitFormula options frame formula)
        with
        | Ok fit -> fit
        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

    /// <summary>The REML fit of a formula to a data file.</summary>
    let reml name formula = using FitOptions.defaults name formula

    /// <summary>The ML fit of a formula to a data file.</summary>
    let ml name formula =
        using
            {
                FitOptions.defaults with
                    Criterion = Criterion.Ml
            }
            name
            formula

    /// <summary>A fit that was stopped after one step.</summary>
    let stopped name formula =
        let solver = {
            SolverOptions.defaults with
                MaxIterations = 1
        }

        using
            {
                FitOptions.defaults with
                    Solver = solver
            }
            name
            formula
