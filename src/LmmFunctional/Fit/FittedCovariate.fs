namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional

/// <summary>Models whose residual variance is a function of the fitted values: fits with the values of the fit before, until
/// the estimates settle.</summary>
/// <remarks>A fixed point and not a maximum, as in nlme: Pinheiro and Bates (2000), section 5.2.</remarks>
[<RequireQualifiedAccess>]
module internal FittedCovariate =

    // Fits beyond this do not settle any more.
    let private mostFits = 50

    // No parameter moves by more than this, on its own scale: nlme's tolerance.
    let private settled = 1e-6

    let private isFitted values =
        match values with
        | VarianceValues.FittedValues -> true
        | _ -> false

    /// Whether the residual variance depends on the fitted values.
    let isIn (design: Design) =
        design.Residual
        |> Option.exists (fun residual -> residual.Variances |> List.exists (snd >> isFitted))

    /// The design with these values in place of those of a fit.
    let private holding values (design: Design) : Design = {
        design with
            Residual =
                design.Residual
                |> Option.map (fun residual -> {
                    residual with
                        Variances =
                            residual.Variances
                            |> List.map (fun (variance, own) ->
                                variance,
                                (if isFitted own then
                                     VarianceValues.Covariate values
                                 else
                                     own))
                })
    }

    let private isNear (before: ImmutableArray<float>) (after: ImmutableArray<float>) =
        Seq.forall2 (fun a b -> abs (a - b) <= settled * max 1.0 (abs b)) before after

    /// <summary>The fit whose fitted values are those that its residual variance was computed from.</summary>
    /// <param name="first">The fit of the design without its residual structure, which gives the first values.</param>
    /// <param name="create">The likelihood of a design.</param>
    /// <param name="solve">The fit of a likelihood, or what is wrong with its bounds.</param>
    /// <param name="design">The design.</param>
    /// <returns>The last fit; its certificate tells when it has not settled.</returns>
    let iterate
        (first: Design -> Result<Fit, LmmError list>)
        create
        (solve: LogLikelihood -> Result<Fit, LmmError list>)
        (design: Design)
        : Result<Fit, LmmError list> =
        let rec next number (before: Fit) (start: ParameterPoint option) =
            create (holding (Fit.fitted before) design)
            |> Result.bind (fun likelihood ->
                start
                |> Option.map (fun point -> LogLikelihood.startingFrom point likelihood)
                |> Option.defaultValue likelihood
                |> solve)
            |> Result.bind (fun (fit: Fit) ->
                let point = LogLikelihood.pointAt fit.Model (List.last fit.Iterations).Theta

                if start |> Option.exists (fun start -> isNear point.Theta start.Theta) then
                    Ok fit
                elif number = mostFits then
                    Ok {
                        fit with
                            Evidence = {
                                fit.Evidence with
                                    Verdict =
                                        Verdict.NotConverged
                                            $"the fitted values that the residual variance depends on do not settle in {mostFits} fits"
                            }
                    }
                else
                    next (number + 1) fit (Some point))

        first { design with Residual = None }
        |> Result.bind (fun fit -> next 1 fit None)
