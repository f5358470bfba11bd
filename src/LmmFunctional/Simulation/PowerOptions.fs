namespace LmmFunctional.Analysis

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>What a power analysis tests.</summary>
[<RequireQualifiedAccess>]
type PowerTest =
    /// A hypothesis as text: <c>treatmentB = 0</c>, <c>doseB - doseC, doseC - doseD</c>.
    | Hypothesis of text: string
    /// That all coefficients of a term of the fixed effects are zero: <c>treatment</c>, <c>treatment:time</c>.
    | Term of name: string

/// <summary>How far a power analysis has come.</summary>
type PowerProgress = {
    /// The size of the design that is looked at; None where it does not grow.
    Size: int option
    /// Simulations done at this size, of so many at most.
    Done: int
    Most: int
    /// The time that the rest of this size takes at most, at the speed so far.
    Left: TimeSpan
}

/// <summary>How power is estimated.</summary>
[<NoComparison; NoEquality>]
type PowerOptions = {
    Test: PowerTest
    /// The library's own tests, by this method.
    DegreesOfFreedom: DegreesOfFreedomMethod
    /// Options of every fit; its known matrices are those of the model, its cancellation stops the analysis.
    Fit: FitOptions
    /// The level of the test.
    Alpha: float
    /// Simulations at most.
    Simulations: int
    /// Half the width of the 95 % interval of the power at which to stop before; None for all simulations.
    HalfWidth: float option
    /// The same seed gives the same power, at any number of threads.
    Seed: int
    Progress: (PowerProgress -> unit) option
}

/// <summary>Options of a power analysis.</summary>
[<RequireQualifiedAccess>]
module PowerOptions =

    /// 1,000 simulations at most, until the interval is ±0.02; Satterthwaite's tests at 5 %, from seed 1.
    let ofTest test = {
        Test = test
        DegreesOfFreedom = DegreesOfFreedomMethod.satterthwaite
        Fit = FitOptions.defaults
        Alpha = 0.05
        Simulations = 1000
        HalfWidth = Some 0.02
        Seed = 1
        Progress = None
    }

    let internal check (options: PowerOptions) =
        Guard.level "Alpha" options.Alpha
        Guard.atLeast "Simulations" "The number of simulations" 1 options.Simulations

        options.HalfWidth
        |> Option.iter (Guard.positive "HalfWidth" "Half the width of an interval")
