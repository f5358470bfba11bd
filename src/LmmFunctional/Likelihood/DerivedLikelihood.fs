namespace LmmFunctional.Estimation

open LmmFunctional
open LmmFunctional.Model

/// <summary>Likelihoods made of another one: for another response, on other columns, by another plan or criterion.</summary>
[<RequireQualifiedAccess>]
module internal DerivedLikelihood =

    /// The method of a likelihood for another response on its own columns: residual structures start at a θ or where they would.
    let methodFor (design: Design) standard from (likelihood: LogLikelihood) =
        match likelihood.Method with
        | LikelihoodMethod.Conditional(plan, _) ->
            Ok(
                IndependentResidualsObjective.create
                    likelihood.Kind
                    design
                    standard
                    likelihood.Layout
                    (Some(likelihood.Full None))
                    (plan.ForResponse standard)
            )
        | method ->
            StructuredResidualsObjective.withResponse likelihood.Kind design standard likelihood.Layout from method

    let assembled (design: Design) standard (likelihood: LogLikelihood) method =
        // Another response has another scale, and held variances are in its units.
        match method, LogLikelihood.heldOn standard likelihood with
        | Ok method, Ok held ->
            Ok(
                LogLikelihood.ofMethod
                    likelihood.Kind
                    design
                    standard
                    likelihood.Layout
                    likelihood.Named
                    held
                    likelihood.Budget
                    method
            )
        | Error problems, _
        | _, Error problems -> Error problems

    /// <summary>The likelihood of the same model for another response of the rows: scales and what is held are kept.</summary>
    /// <returns>The likelihood, or a response that the fixed effects fit exactly.</returns>
    let withResponse (response: float[]) (likelihood: LogLikelihood) : Result<LogLikelihood, LmmError list> =
        let design = {
            likelihood.Model with
                Response = response
        }

        let standard = Standardised.withResponse design likelihood.Standard

        if Conditioning.isSound standard then
            likelihood
            |> methodFor design standard (Some (likelihood.Full None).Start)
            |> assembled design standard likelihood
        else
            Conditioning.ensure design standard
            |> Result.bind (fun standard ->
                LogLikelihood.ofDesign likelihood.Budget likelihood.Kind design standard likelihood.Layout
                |> assembled design standard likelihood)

    /// <summary>The likelihood of a design that differs in its response only from that of a likelihood made by
    /// <c>createWith</c>: bit for bit what <c>createWith</c> would make, with what does not depend on the response shared.</summary>
    /// <returns>The likelihood, or what <c>createWith</c> would say.</returns>
    let forResponse (design: Design) (likelihood: LogLikelihood) : Result<LogLikelihood, LmmError list> =
        let standard = Standardised.withResponse design likelihood.Standard

        // Columns that were replaced for one response are not those of another.
        if likelihood.Standard.Base.IsSome || not (Conditioning.isSound standard) then
            LogLikelihood.createWithin likelihood.Budget likelihood.Held.Known likelihood.Kind design
        else
            likelihood
            |> methodFor design standard None
            |> assembled design standard likelihood

    /// The same likelihood computed from other columns of X and Z that span the same, or in the limit of no residual variance.
    let onStandard standard (likelihood: LogLikelihood) : Result<LogLikelihood, LmmError list> =
        let likelihood = {
            likelihood with
                Named = lazy NamedParameters.create likelihood.Model standard likelihood.Layout
        }

        LogLikelihood.ofDesign likelihood.Budget likelihood.Kind likelihood.Model standard likelihood.Layout
        |> Result.bind (fun method ->
            LogLikelihood.heldOn standard likelihood
            |> Result.map (fun held ->
                LogLikelihood.ofMethod
                    likelihood.Kind
                    likelihood.Model
                    standard
                    likelihood.Layout
                    likelihood.Named
                    held
                    likelihood.Budget
                    method))

    /// The same likelihood by a plan that samples otherwise or not at all; what is held stays.
    let withPlan (plan: Plan) (likelihood: LogLikelihood) : LogLikelihood =
        plan
        |> IndependentResidualsObjective.create
            likelihood.Kind
            likelihood.Model
            likelihood.Standard
            likelihood.Layout
            (Some(likelihood.Full None))
        |> LogLikelihood.ofMethod
            likelihood.Kind
            likelihood.Model
            likelihood.Standard
            likelihood.Layout
            likelihood.Named
            likelihood.Held
            likelihood.Budget

    /// The same model by another criterion, on the same inner scale.
    let withCriterion kind (likelihood: LogLikelihood) : Result<LogLikelihood, LmmError list> =
        onStandard likelihood.Standard { likelihood with Kind = kind }
