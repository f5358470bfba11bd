namespace LmmFunctional

/// <summary>Options of a fit.</summary>
type FitOptions = {
    Criterion: Criterion
    Solver: SolverOptions
    /// Known matrices that relate the levels of random terms, by their names in the model.
    Known: Map<string, Relationship>
    /// Variances held at known values, in squared units of the response, by name: <c>group.effect</c> or <c>Residual</c>.
    Held: Map<string, float>
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
        Progress = None
    }
