namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>How much of an objective to compute.</summary>
[<RequireQualifiedAccess>]
type Order =
    /// The value only.
    | Value
    /// Value and gradient.
    | Gradient
    /// Value, gradient and a curvature matrix.
    | Curvature of Information

/// <summary>An objective at one point. Infinite where it is not defined; then gradient and curvature are empty.</summary>
[<ReferenceEquality>]
type Evaluation = {
    Value: float
    /// First derivatives, length k, when asked for.
    Gradient: ImmutableArray<float>
    /// k×k, when asked for.
    Curvature: Matrix
}

/// <summary>What a stationary point looks like from the space behind the parameters, where a bound may be hidden.</summary>
/// <remarks>A standard deviation of zero is stationary by symmetry whether or not the variance wants to grow: only the
/// derivative by the variance tells.</remarks>
[<ReferenceEquality>]
type Boundary = {
    /// The point with values that may be zero set to zero; to be taken when the objective does not rise.
    Snapped: ImmutableArray<float>
    /// Quantities that are at their bound, with the derivative of the objective by them: positive at an optimum.
    Active: (string * float) list
    /// Parameters that no longer move at this point.
    Fixed: ImmutableArray<bool>
    /// When the objective falls away from the bound: the point that is so far from it, a distance to be tried small.
    Escape: (float -> ImmutableArray<float>) option
    /// Turned along the bound, or onto one that is near: the point that a share of the way leads to.
    Turn: (float -> ImmutableArray<float>) option
}

/// <summary>Which starts are followed by descents of their own, beside those that no straight way down joins to an optimum.</summary>
[<RequireQualifiedAccess>]
type Following =
    /// Those hardly above the lowest optimum: descents are dear.
    | Close
    /// The lowest and the highest start as well, which are farthest from each other.
    | Extreme
    /// Those that are promising.
    | Promising
    /// Every one: values tell little where many correlations have ends, and where nothing tells standard deviations beforehand.
    | Every

/// <summary>A function to minimise, with exact derivatives. It knows how it computes; the solver does not.</summary>
/// <remarks>Evaluating twice at the same point gives the same bits, on any thread.</remarks>
[<ReferenceEquality>]
type Objective = {
    /// Names of the k parameters.
    Names: ImmutableArray<string>
    Start: ImmutableArray<float>
    /// Other points to start from, the more promising kinds first; fewer where an evaluation takes long.
    FurtherStarts: Lazy<ImmutableArray<float> list>
    Following: Following
    Evaluate: ImmutableArray<float> -> Order -> Evaluation
    Boundary: ImmutableArray<float> -> Boundary
    /// Whether observed curvature costs no more than average.
    HasCheapCurvature: bool
    /// Whether second derivatives are worth their time once, at the optimum; else it is certified by the curvature that was
    /// stepped with.
    IsCurvatureAffordable: bool
    /// The Newton decrement at which more steps are not worth their time.
    Tolerance: float
    /// Parameters on the logarithmic scale of a quantity that may go to a bound: where the curvature by them vanishes, they
    /// are on their way there.
    Unbounded: ImmutableArray<bool>
    /// The ends that each parameter can come to.
    Ends: ImmutableArray<ParameterEnds>
    /// A way to the end of the scale that parameters are told in.
    Ray: Ray option
}

/// <summary>Making objectives.</summary>
[<RequireQualifiedAccess>]
module Objective =

    /// A function that keeps its last value: the end of a descent is looked at several times.
    let internal remembering (f: ImmutableArray<float> -> 'result) : ImmutableArray<float> -> 'result =
        // One reference, replaced as a whole, so that any thread may ask.
        let last: (ImmutableArray<float> * 'result) option ref = ref None

        fun theta ->
            match last.Value with
            | Some(known, result) when known.AsSpan().SequenceEqual(theta.AsSpan()) -> result
            | _ ->
                let result = f theta
                last.Value <- Some(theta, result)
                result

    let private areFinite (values: ReadOnlySpan<float>) =
        let mutable areFinite = true

        for value in values do
            areFinite <- areFinite && Double.IsFinite value

        areFinite

    let private isDefined (evaluation: Evaluation) =
        Double.IsFinite evaluation.Value
        && areFinite (evaluation.Gradient.AsSpan())
        && areFinite (ReadOnlySpan evaluation.Curvature.Values)

    /// Where a point is not defined.
    let private nowhere = {
        Value = infinity
        Gradient = ImmutableArray.Empty
        Curvature = Matrix(0, 0, [||])
    }

    /// The objective that is not defined where its derivatives are no numbers.
    let internal guarded (objective: Objective) : Objective = {
        objective with
            Evaluate =
                fun theta order ->
                    let evaluation = objective.Evaluate theta order
                    if isDefined evaluation then evaluation else nowhere
    }

    /// <summary>An objective without bounds from a function that gives value, gradient and second derivatives.</summary>
    /// <remarks>The same matrix serves as observed, expected and average curvature.</remarks>
    let ofFunction (names: string list) (start: float list) (f: float[] -> float * float[] * float[,]) =
        let evaluate (theta: ImmutableArray<float>) (_: Order) =
            let value, gradient, curvature = f (Array.ofSeq theta)

            {
                Value = value
                Gradient = ImmutableArray.CreateRange gradient
                Curvature = Matrix.ofArray2D curvature
            }

        {
            Names = ImmutableArray.CreateRange names
            Start = ImmutableArray.CreateRange start
            FurtherStarts = lazy []
            Following = Following.Every
            Evaluate = evaluate
            Boundary =
                fun theta -> {
                    Snapped = theta
                    Active = []
                    Fixed = ImmutableArray.CreateRange(Seq.replicate theta.Length false)
                    Escape = None
                    Turn = None
                }
            HasCheapCurvature = true
            IsCurvatureAffordable = true
            Tolerance = 1e-18
            Unbounded = ImmutableArray.CreateRange(Seq.replicate names.Length false)
            Ends = ImmutableArray.CreateRange(names |> List.map ParameterEnds.none)
            Ray = None
        }
