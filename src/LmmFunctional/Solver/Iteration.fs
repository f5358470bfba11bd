namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>How a solver steps.</summary>
type SolverOptions = {
    Algorithm: Algorithm
    /// Steps at most; a fit that needs more is reported as not converged.
    MaxIterations: int
    /// The Newton decrement (−2 log likelihood units) at which to stop; None leaves it to the objective.
    Tolerance: float option
}

/// <summary>Options of the solver.</summary>
[<RequireQualifiedAccess>]
module SolverOptions =

    /// Average information, at most 200 steps, the objective's own tolerance.
    let defaults = {
        Algorithm = Algorithm.AverageInformation
        MaxIterations = 200
        Tolerance = None
    }

    let internal check (options: SolverOptions) =
        Guard.atLeast "MaxIterations" "The largest number of iterations" 0 options.MaxIterations
        options.Tolerance |> Option.iter (Guard.positive "Tolerance" "The tolerance")

    // EM converges linearly, the slower the less the data say about the effects.
    let private manySteps = 10000

    /// The defaults of an algorithm: as many steps as it may need.
    let ofAlgorithm algorithm =
        match algorithm with
        | Algorithm.NewtonRaphson
        | Algorithm.FisherScoring
        | Algorithm.AverageInformation -> { defaults with Algorithm = algorithm }
        | Algorithm.Em
        | Algorithm.PxEm -> {
            defaults with
                Algorithm = algorithm
                MaxIterations = manySteps
          }

/// <summary>Where an iteration stands.</summary>
[<RequireQualifiedAccess>]
type Progress =
    /// The criterion still falls by more than its rounding.
    | Descending
    /// The criterion no longer resolves the steps; they are judged by the Newton decrement.
    | Polishing
    /// Nothing is left to gain.
    | Converged
    /// No step from here lowers the criterion, though the gradient is not zero.
    | Stalled

/// <summary>One point on the way to the optimum: immutable, and all that the next step needs.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type Iteration = {
    /// From zero, the starting point.
    Number: int
    /// Parameters on the objective's own scale.
    Theta: ImmutableArray<float>
    /// The value to be minimised, −2 log likelihood.
    Criterion: float
    /// Its first derivatives: −2 times the score.
    Gradient: ImmutableArray<float>
    /// The kind of curvature stepped with from here.
    Information: Information
    Curvature: Matrix
    /// The step that led here; zero at the start.
    Step: ImmutableArray<float>
    /// How often that step had to be shortened, each time to four tenths.
    Halvings: int
    /// The longest step to try next.
    Radius: float
    /// g'H⁻¹g: twice the predicted fall of the criterion.
    Decrement: float
    /// Quantities found at their bound.
    ActiveBounds: string list
    Progress: Progress
} with

    member private this.Display =
        $"iteration {this.Number}: {Display.number this.Criterion}, Newton decrement {Display.number this.Decrement}"

    /// Number, criterion and Newton decrement in one line.
    override this.ToString() = this.Display
