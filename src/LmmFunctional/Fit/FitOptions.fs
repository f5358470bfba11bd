namespace LmmFunctional

open System.Threading
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Options of a fit.</summary>
type FitOptions = {
    Criterion: Criterion
    Solver: SolverOptions
    /// Known matrices that relate the levels of random terms, by their names in the model.
    Known: Map<string, Relationship>
    /// <summary>Covariance parameters held at known values, by name, in the units that are printed: variances and covariances
    /// (<c>group.effect</c>, <c>group.effect.effect</c>), parameters of structures (<c>group.rho</c>, <c>Residual.rho</c>), and
    /// <c>Residual</c>, the residual variance.</summary>
    Held: Map<string, float>
    /// Ends between which covariance parameters are looked for, by the same names.
    Bounds: Map<string, Bound>
    /// <summary>Values of covariance parameters to start the search from, by the same names and in the same units; parameters
    /// without one start where they would have. With a start the search has this one start and no other.</summary>
    Start: Map<string, float>
    /// <summary>Seconds that the user has patience for; None for any time.</summary>
    /// <remarks>Where an exact fit of crossed effects would take longer, their equations are solved by iteration and log
    /// determinants are sampled; the certificate then states the Monte-Carlo error. The same happens without a budget where
    /// no exact method fits into memory.</remarks>
    Budget: float option
    /// Stops the fit between two iterations, by an <see cref="T:System.OperationCanceledException"/>.
    Cancellation: CancellationToken
    /// Called with every iteration as it is made.
    Progress: (Iteration -> unit) option
}

/// <summary>Options of a fit.</summary>
[<RequireQualifiedAccess>]
module FitOptions =

    /// REML by average information, silent.
    let defaults = {
        Criterion = Criterion.Reml
        Solver = SolverOptions.defaults
        Known = Map.empty
        Held = Map.empty
        Bounds = Map.empty
        Start = Map.empty
        Budget = None
        Cancellation = CancellationToken.None
        Progress = None
    }

    let internal check (options: FitOptions) =
        SolverOptions.check options.Solver
        options.Budget |> Option.iter (Guard.positive "Budget" "The budget")
