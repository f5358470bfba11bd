namespace LmmFunctional

open System
open LmmFunctional.Estimation
open LmmFunctional.Analysis

/// <summary>What a statistician expects of <c>summary(lmer)</c>, and the certificate of the optimum.</summary>
[<RequireQualifiedAccess>]
module Summary =

    /// More coefficients than this have no table of correlations: it would be larger than all the rest.
    let private correlationsShown = 12

    /// More names than this are counted, not listed.
    let private namesShown = 20

    let private listed (names: string list) =
        let rest = names.Length - namesShown
        let shown = names |> List.truncate namesShown |> String.concat ", "
        if rest > 0 then $"{shown} and {rest} more" else shown

    let private title (fit: Fit) =
        match fit.Criterion with
        | Criterion.Reml -> "Linear mixed model fit by REML"
        | Criterion.Ml -> "Linear mixed model fit by maximum likelihood"

    let private sizes (fit: Fit) =
        let groups = fit.Groups |> List.map (fun (group, levels) -> $"{group}, {levels}")

        match groups with
        | [] -> $"Number of obs: {fit.Observations}"
        | _ ->
            let groups = String.concat "; " groups
            $"Number of obs: {fit.Observations}, groups: {groups}"

    let private rowsLeftOut (fit: Fit) =
        let left count reason =
            match count with
            | 0 -> None
            | 1 -> Some $"1 row {reason}"
            | _ -> Some $"{count} rows {reason}"

        match
            [
                left fit.Design.MissingRows "with a missing value"
                left fit.Design.ZeroWeightRows "of weight zero"
            ]
            |> List.choose id
        with
        | [] -> []
        | reasons ->
            let reasons = String.concat ", " reasons
            [ Block.Line $"Left out: {reasons}" ]

    let private columnsLeftOut (fit: Fit) =
        match fit.Dropped with
        | [] -> []
        | names -> [
            Block.Line $"Left out, because they depend linearly on columns before them: {listed names}"
          ]

    let private verdict (certificate: Certificate) =
        match certificate.Verdict with
        | Verdict.Optimum -> "optimum"
        | Verdict.BoundaryOptimum names when certificate.IsSingular ->
            $"optimum at a bound (singular fit): {listed names}"
        | Verdict.BoundaryOptimum names -> $"optimum at a bound: {listed names}"
        | Verdict.FlatDirection names -> $"flat direction, estimates are not unique: {listed names}"
        | Verdict.NotConverged reason -> $"not converged, {reason}"

    let private evidence (certificate: Certificate) =
        let short value = NumberText.significant 2 value

        let eigenvalue =
            match certificate.MinEigenvalue with
            | Some value -> $", smallest eigenvalue {short value}"
            | None -> ""

        $"gradient {short certificate.Gradient}, Newton decrement {short certificate.NewtonDecrement}{eigenvalue}"

    /// What is known of the error of a fit that was sampled.
    let private sampled (certificate: Certificate) =
        match certificate.MonteCarlo with
        | None -> []
        | Some error ->
            let short value = NumberText.significant 2 value

            let known =
                match error.Exact with
                | Some _ -> "-2 log likelihood and its gradient are exact at these estimates"
                | None ->
                    $"Monte-Carlo standard errors: -2 log likelihood {short error.Criterion}, gradient {short error.Gradient}"

            [
                $"Log determinants sampled by {error.Probes} probes: covariance parameters within {short error.Share} standard errors (Monte-Carlo)"
                known
                "Curvature and degrees of freedom: by average information"
            ]

    /// What was tried, where there was more than one start.
    let private search (certificate: Certificate) =
        let search = certificate.Search

        if search.IsGiven then
            [ "1 start, as given" ]
        elif search.Starts = 1 then
            []
        else
            let led =
                if search.EndedHere = search.Starts then
                    $"{search.Starts} starts, all lead here"
                else
                    $"{search.Starts} starts, {search.EndedHere} lead here"

            match search.NextBest with
            | Some above -> [ $"{led}; the next best optimum is {NumberText.significant 3 above} above" ]
            | None -> [ led ]

    let private effort (fit: Fit) =
        let seconds = (fit.Timings.Build + fit.Timings.Solve).TotalSeconds
        let steps = (List.last fit.Iterations).Number
        let noun = if steps = 1 then "iteration" else "iterations"
        $"{steps} {noun} in {NumberText.fixedPoint 2 seconds} s"

    let private correlations (fit: Fit) =
        if fit.FixedCount >= 2 && fit.FixedCount <= correlationsShown then
            [
                Block.Heading "Correlation of fixed effects"
                Block.Grid(FitTables.coefficientCorrelations fit)
            ]
        else
            []

    /// Fixed effects, with tests when there is a method for them.
    let private fixedEffects (fit: Fit) (inference: Inference option) =
        match inference with
        | _ when fit.FixedCount = 0 -> []
        | None -> [ Block.Heading "Fixed effects"; Block.Grid(FitTables.coefficients fit) ]
        | Some inference -> [
            Block.Heading "Fixed effects"
            let estimates = Inference.coefficients 0.95 inference
            Block.Grid(InferenceTables.estimates estimates)

            for reason in InferenceTables.notTestable estimates do
                Block.Line reason

            Block.Line $"Degrees of freedom: {DegreesOfFreedomMethod.describe inference.Method}"
          ]

    let private structures (fit: Fit) =
        match fit.CovarianceParameters with
        | [] -> []
        | _ -> [
            Block.Heading "Covariance parameters"
            Block.Grid(FitTables.covarianceParameters fit)

            for residual in Option.toList fit.Design.Residual do
                for axis in residual.Factors do
                    match axis.Note with
                    | Some note -> Block.Line note
                    | None -> ()
          ]

    let private robustErrors (robust: RobustCovariance option) =
        match robust with
        | None -> []
        | Some robust ->
            let kind, count = RobustKind.name robust.Kind, robust.ClusterCount

            [
                Block.Heading "Robust standard errors"
                let coefficients = RobustCovariance.coefficients 0.95 robust
                Block.Grid(InferenceTables.robust coefficients)

                for own in coefficients do
                    match own.NotTestable with
                    | Some reason -> Block.Line(Testability.line own.Name reason)
                    | None -> ()

                Block.Line $"{kind}, {count} clusters of {robust.Clusters}; degrees of freedom: Satterthwaite"
            ]

    let private blocksOf
        (fit: Fit)
        (inference: Inference option)
        (robust: RobustCovariance option)
        (tests: HypothesisTest list)
        : Block list =
        [
            Block.Title(title fit)
            Block.Code("Formula", Formula.print fit.Spec)
            Block.Heading "Criteria"
            Block.Grid(FitTables.criteria fit)
            // Sums of rows have no residuals.
            if fit.Design.Sums.IsNone then
                Block.Heading "Scaled residuals"
                Block.Grid(FitTables.scaledResiduals fit)

            Block.Heading "Random effects"
            Block.Grid(FitTables.varianceComponents fit)
            Block.Line(sizes fit)
        ]
        @ rowsLeftOut fit
        @ (fit.Design.Notes |> List.map Block.Line)
        @ structures fit
        @ fixedEffects fit inference
        @ robustErrors robust
        @ HypothesisReport.blocks tests
        @ columnsLeftOut fit
        @ correlations fit
        @ [
            Block.Heading "Certificate"
            Block.Line(verdict fit.Certificate)
            Block.Line(evidence fit.Certificate)
            for line in sampled fit.Certificate do
                Block.Line line
            for line in search fit.Certificate do
                Block.Line line
            Block.Line(effort fit)
        ]

    /// <summary>The parts of a summary, for reports of one's own.</summary>
    let blocks (fit: Fit) : Block list = blocksOf fit None None []

    /// <summary>The parts of a summary with df, t and p of the fixed effects.</summary>
    let testedBlocks (inference: Inference) : Block list =
        blocksOf inference.Fit (Some inference) None []

    /// <summary>The summary of a fit with df, t and p of its fixed effects, as text or Markdown.</summary>
    let renderTested (format: SummaryFormat) (inference: Inference) : string =
        testedBlocks inference |> Report.render format

    /// <summary>The summary of a fit with robust standard errors of its fixed effects, as text or Markdown.</summary>
    /// <param name="format">Text or Markdown.</param>
    /// <param name="inference">A method for the tests of the model's own standard errors; None for no tests.</param>
    /// <param name="robust">The robust covariance of the same fit.</param>
    let renderRobust (format: SummaryFormat) (inference: Inference option) (robust: RobustCovariance) : string =
        blocksOf robust.Fit inference (Some robust) [] |> Report.render format

    /// <summary>The summary of a fit with all that was asked of its fixed effects, as text or Markdown.</summary>
    /// <param name="format">Text or Markdown.</param>
    /// <param name="inference">A method for the tests of the fixed effects.</param>
    /// <param name="robust">The robust covariance of the same fit; None for none.</param>
    /// <param name="tests">Tests of linear functions of its fixed effects.</param>
    let renderHypotheses format (inference: Inference) robust (tests: HypothesisTest list) : string =
        blocksOf inference.Fit (Some inference) robust tests |> Report.render format

    /// <summary>The summary of a fit as text or Markdown.</summary>
    /// <remarks>Cost O(n log n), for quartiles of the residuals. Never lists levels of grouping factors.</remarks>
    let render (format: SummaryFormat) (fit: Fit) : string = blocks fit |> Report.render format

    /// <summary>Prints the summary of a fit to standard output.</summary>
    let print (fit: Fit) : unit =
        Console.Out.Write(render SummaryFormat.Text fit)
