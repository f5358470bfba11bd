namespace LmmFunctional.Analysis

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>The tables of a fit, numbers as text.</summary>
[<RequireQualifiedAccess>]
module FitTables =

    let private left header = header, Alignment.Left
    let private right header = header, Alignment.Right

    /// Significant digits of estimates, as in R's summary.
    let private digits = 4

    /// <summary>REML criterion (if it is one), AIC, AICc, BIC, log likelihood, deviance and residual df.</summary>
    let criteria (fit: Fit) : Table =
        let criteria = fit.InformationCriteria
        let decimal value = NumberText.fixedPoint 1 value

        let restricted =
            match fit.Criterion with
            | Criterion.Reml -> [ "REML", decimal fit.CriterionValue ]
            | Criterion.Ml -> []

        let cells =
            restricted
            @ [
                "AIC", decimal criteria.Aic
                "AICc", criteria.Aicc |> Option.map decimal |> Option.defaultValue "-"
                "BIC", decimal criteria.Bic
                "logLik", decimal fit.LogLikelihood
                "deviance", decimal fit.Deviance
                "df.resid", string (fit.Observations - fit.DegreesOfFreedom)
            ]

        Table.create (cells |> List.map (fst >> right)) [ List.map snd cells ]

    /// The quantile of sorted values by linear interpolation (type 7 of Hyndman and Fan 1996, R's default).
    let private quantile (sorted: float[]) probability =
        let place = float (sorted.Length - 1) * probability
        let below = int (floor place)
        let above = min (below + 1) (sorted.Length - 1)
        sorted[below] + (place - float below) * (sorted[above] - sorted[below])

    /// <summary>Least, quartiles and largest of the residuals times √w / σ.</summary>
    let scaledResiduals (fit: Fit) : Table =
        let residuals = Fit.residuals fit

        let scaled =
            match fit.Design.Weights with
            | _ when fit.HasNoResidual -> residuals |> Array.map (fun _ -> 0.0)
            | Some weights -> Array.map2 (fun residual weight -> residual * sqrt weight / fit.Sigma) residuals weights
            | None -> residuals |> Array.map (fun residual -> residual / fit.Sigma)

        let sorted = Array.sort scaled

        let cells =
            [ 0.0; 0.25; 0.5; 0.75; 1.0 ]
            |> List.map (quantile sorted)
            |> List.map (fun value -> Math.Round(value, digits))
            |> NumberText.column digits

        Table.create ([ "Min"; "1Q"; "Median"; "3Q"; "Max" ] |> List.map right) [ cells ]

    /// Correlations with the effects before, as text; a dash where a variance of zero leaves them undefined.
    let private correlations (term: RandomDesign) (covariance: Matrix) row =
        let correlation = Matrix.toCorrelation covariance

        match term.Term.Structure with
        | Structure.Identity
        | Structure.Diagonal -> []
        | _ -> [
            for column in 0 .. row - 1 do
                if covariance[row, row] = 0.0 || covariance[column, column] = 0.0 then
                    "-"
                else
                    NumberText.fixedPoint 2 correlation[row, column]
          ]

    /// <summary>Variances, standard deviations and correlations, terms as in the formula.</summary>
    let varianceComponents (fit: Fit) : Table =
        let effects = [
            for term, (group, covariance) in List.zip fit.Design.Random fit.RandomCovariances do
                for i in 0 .. term.Names.Length - 1 do
                    (if i = 0 then group else ""), term.Names[i], covariance[i, i], correlations term covariance i
        ]

        let rows = effects @ [ "Residual", "", fit.Sigma * fit.Sigma, [] ]
        let variances = rows |> List.map (fun (_, _, variance, _) -> variance)

        let width =
            rows |> List.map (fun (_, _, _, correlation) -> correlation.Length) |> List.max

        let heads =
            [ left "Groups"; left "Name"; right "Variance"; right "Std.Dev." ]
            @ List.init width (fun column -> right (if column = 0 then "Corr" else ""))

        let cells =
            List.map3
                (fun (group, name, _, correlation) variance deviation ->
                    [ group; name; variance; deviation ]
                    @ correlation
                    @ List.replicate (width - List.length correlation) "")
                rows
                (NumberText.column digits variances)
                (NumberText.column digits (variances |> List.map sqrt))

        Table.create heads cells

    /// <summary>The parameters of covariance structures with their standard errors; an empty table without structures.</summary>
    /// <remarks>Standard deviations of residuals are relative to sigma, the first one.</remarks>
    let covarianceParameters (fit: Fit) : Table =
        let parameters = fit.CovarianceParameters
        let errors = parameters |> List.map _.StandardError

        let texts =
            (parameters |> List.map _.Estimate) @ List.choose id errors
            |> NumberText.column digits

        let estimates, shown = List.splitAt parameters.Length texts

        let shown =
            (shown, errors)
            ||> List.mapFold (fun rest error ->
                match error, rest with
                | Some _, text :: rest -> text, rest
                | _ -> "-", rest)
            |> fst

        List.map3
            (fun (parameter: CovarianceParameter) estimate error -> [
                parameter.Group
                parameter.Name
                estimate
                error
            ])
            parameters
            estimates
            shown
        |> Table.create [ left "Of"; left "Parameter"; right "Estimate"; right "Std. Error" ]

    /// <summary>Estimates, standard errors and t values of the fixed effects.</summary>
    let coefficients (fit: Fit) : Table =
        let coefficients = fit.Coefficients
        let estimates = coefficients |> List.map _.Estimate

        // Estimates and their errors share their decimals, so that they can be compared by eye.
        let shared =
            NumberText.column digits (estimates @ (coefficients |> List.map _.StandardError))

        let statistics =
            coefficients
            |> List.map (fun coefficient -> Math.Round(coefficient.Statistic, digits - 1))
            |> NumberText.column digits

        let estimates, errors = List.splitAt coefficients.Length shared

        Table.create
            [ left ""; right "Estimate"; right "Std. Error"; right "t value" ]
            (List.zip3 estimates errors statistics
             |> List.map2
                 (fun (coefficient: Coefficient) (estimate, error, statistic) -> [
                     coefficient.Name
                     estimate
                     error
                     statistic
                 ])
                 coefficients)

    /// <summary>Correlations of the fixed effects, the lower triangle; names above the columns are shortened.</summary>
    let coefficientCorrelations (fit: Fit) : Table =
        let correlation = Matrix.toCorrelation fit.CoefficientCovariance
        let names = fit.Coefficients |> List.map _.Name
        let last = max 0 (names.Length - 1)
        let heads = names |> Abbreviation.distinct 6 |> List.truncate last

        let row (i: int) name =
            name
            :: List.init last (fun j ->
                if j < i then
                    NumberText.fixedPoint 3 correlation[i, j]
                else
                    "")

        Table.create (left "" :: List.map right heads) (names |> List.mapi row |> List.skip (min 1 names.Length))
