namespace LmmFunctional

open System
open System.Collections.Generic
open System.Collections.Immutable
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>Fits and what follows from them.</summary>
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Fit =

    // A share of the response's variation that is rounding only.
    let private exactFit = 1e-12

    // The same where random effects could fit any response: the criterion then falls ever more slowly towards σ² = 0, and
    // its steps end on the way.
    let private nearlyExactFit = 1e-5

    /// Whether no residual variance is left, where the limit cannot be computed.
    let private isExact (likelihood: LogLikelihood) (solution: Solution) =
        let standard = likelihood.Standard

        let effects =
            standard.Terms |> List.sumBy (fun term -> term.Levels * term.Columns.Length)

        let couldFitAll =
            likelihood.Model.Residual.IsNone
            && likelihood.Held.Residual.IsNone
            && effects >= standard.Observations - standard.Fixed.Length

        // Without random effects a small share is that of a level with a small variance.
        not standard.Terms.IsEmpty
        && (solution.ResidualShare < exactFit
            && not (RefinedLikelihood.isPrecise likelihood)
            || couldFitAll && solution.ResidualShare < nearlyExactFit)

    // The multiplier: towards zero the likelihood rises without bound.
    let private noResidual: BoundInForce = {
        Name = NamedParameters.residualName
        Value = 0.0
        IsUpper = false
        Multiplier = infinity
    }

    /// <summary>The fit that an iteration of the solver stands for: its estimates, and its certificate as it is.</summary>
    let ofIteration (likelihood: LogLikelihood) (iteration: Iteration) : Fit =
        let solution = Solution.at likelihood iteration.Theta

        // The likelihood grows without bound there: no reason found in its derivatives would help the user.
        let certificate =
            let natural =
                // Held variances are left out of θ, and those are of models whose θ is natural.
                if likelihood.Held.Entries.IsEmpty then
                    CovarianceParameters.direction likelihood iteration.Theta
                else
                    id

            let found = Certificate.createIn natural likelihood.Objective iteration

            if RefinedLikelihood.isLimit likelihood then
                Certificate.withBounds [ noResidual ] found
            elif isExact likelihood solution then
                {
                    found with
                        Verdict =
                            Verdict.NotConverged
                                "the random effects fit the response exactly; no residual variance is left"
                }
            else
                match CovarianceParameters.reflected likelihood iteration.Theta with
                | Some group when found.IsConverged -> {
                    found with
                        Verdict =
                            Verdict.NotConverged
                                $"correlations of '{group}' differ in sign, as its structure does not allow; take us or ad1"
                  }
                | _ -> found

        {
            Model = likelihood
            Inner = solution
            Path = [ iteration ]
            Evidence = certificate
            Limits = Map.empty
            Asked = None
            Took = {
                Build = TimeSpan.Zero
                Solve = TimeSpan.Zero
            }
        }

    /// The fits that iterations stand for, each made once: ends are looked at before one of them is taken.
    let internal remembering (likelihood: LogLikelihood) : Iteration -> Fit =
        let known = Dictionary<Iteration, Fit>(HashIdentity.Reference)

        fun iteration ->
            match known.TryGetValue iteration with
            | true, fit -> fit
            | false, _ ->
                let fit = ofIteration likelihood iteration
                known[iteration] <- fit
                fit

    /// <summary>Whether deviations of a structure have signs that turn its correlations into others than it has: those of three or
    /// more effects whose pairs share correlations.</summary>
    let private hasMixedSigns (likelihood: LogLikelihood) (theta: ImmutableArray<float>) =
        let layout = likelihood.Layout
        let whole = (LogLikelihood.pointAt likelihood theta).Theta

        layout.Forms
        |> Seq.indexed
        |> Seq.exists (fun (t, form) ->
            match form with
            | Some form when
                form.Deviations.Length > 2
                && form.Kinds.Length - form.Deviations.Length <
                    form.Deviations.Length * (form.Deviations.Length - 1) / 2
                && Array.contains ParameterKind.Correlation form.Kinds
                ->
                let deviations =
                    form.Deviations |> Array.map (fun k -> whole[layout.ParameterStarts[t] + k])

                Array.exists (fun sd -> sd > 0.0) deviations
                && Array.exists (fun sd -> sd < 0.0) deviations
            | _ -> false)

    /// Whether an iteration is one to end at: no saddle, a matrix of the structure, and the likelihood does not grow without bound
    /// there.
    let internal isEndBy (fitAt: Iteration -> Fit) (likelihood: LogLikelihood) (iteration: Iteration) =
        match (fitAt iteration).Certificate.Verdict with
        | Verdict.Optimum
        | Verdict.BoundaryOptimum _
        | Verdict.FlatDirection _ -> not (hasMixedSigns likelihood iteration.Theta)
        | Verdict.NotConverged _ -> false

    /// The same for an iteration whose fit nobody asks for again.
    let internal isEnd likelihood iteration =
        isEndBy (ofIteration likelihood) likelihood iteration

    /// Conditional modes, their standard deviations, prediction errors and reliabilities of every random term, in the order
    /// of the formula.
    let randomEffects (fit: Fit) : RandomEffects list = [
        for t, term in List.indexed fit.Design.Random do
            let n = term.Names.Length
            let levels = term.Levels.Length

            // An effect without variance is zero, whatever little an engine takes for it.
            let hasVariance i =
                fit.Inner.Covariances[t][i + i * n] > 0.0

            let error level i =
                if hasVariance i then
                    max 0.0 (fit.Inner.PredictionCovariances.Value[t][level * n * n + i + i * n])
                else
                    0.0

            let ofLevel level =
                match term.Relationship with
                | Some relationship -> relationship.Variances[level]
                | None -> 1.0

            {
                Group = term.Group
                Effects = term.Names
                Levels = term.Levels
                Modes = Matrix.init levels n (fun level i -> fit.Inner.Effects.Value[t][level * n + i])
                StandardDeviations =
                    Matrix.init levels n (fun level i ->
                        if hasVariance i then
                            let variance = fit.Inner.ConditionalCovariances.Value[t][level * n * n + i + i * n]
                            fit.Unit * sqrt (max 0.0 variance)
                        else
                            0.0)
                PredictionErrors = Matrix.init levels n (fun level i -> fit.Unit * sqrt (error level i))
                Reliabilities =
                    Matrix.init levels n (fun level i ->
                        let variance = ofLevel level * fit.Inner.Covariances[t][i + i * n]

                        if variance > 0.0 then
                            1.0 - error level i / variance
                        else
                            0.0)
            }
    ]

    /// <summary>Fitted values including random effects and offset, one for each row used.</summary>
    /// <exception cref="T:System.ArgumentException">The fit is of sums of rows.</exception>
    let fitted (fit: Fit) : float[] =
        let design = fit.Design
        Design.guardRows "Fitted values" design
        let effects = fit.Inner.Effects.Value

        Array.init design.Response.Length (fun row ->
            let mutable value =
                match design.Offset with
                | Some offset -> offset[row]
                | None -> 0.0

            for j in 0 .. fit.FixedCount - 1 do
                value <- value + fit.Inner.Beta[j] * design.Fixed.Matrix[row, j]

            for t, term in Seq.indexed design.Random do
                let n = term.Names.Length
                let start = term.Codes[row] * n

                for i in 0 .. n - 1 do
                    value <- value + term.Columns[i][row] * effects[t][start + i]

            value)

    /// <summary>Response less fitted values, one for each row used.</summary>
    /// <exception cref="T:System.ArgumentException">The fit is of sums of rows.</exception>
    let residuals (fit: Fit) : float[] =
        Design.guardRows "Residuals" fit.Design
        Array.map2 (-) fit.Design.Response (fitted fit)
