namespace LmmFunctional.Cli

open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open LmmFunctional.Classical
open LmmFunctional.Verification

/// <summary>What commands print as tables of CSV, where the library has no frame of it.</summary>
[<RequireQualifiedAccess>]
module internal CommandTables =

    /// Columns of our own are as long as each other and have names of their own.
    let frame (columns: (string * Column) list) : Frame =
        match Frame.ofColumns columns with
        | Ok frame -> frame
        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat " ")

    let private texts rows name text =
        name, rows |> List.map text |> Column.ofStrings

    let private numbers rows name number =
        name, rows |> List.map number |> Column.ofFloats

    let private whole rows name (number: 'row -> int) = numbers rows name (number >> float)

    let private optional rows name number =
        numbers rows name (number >> Option.defaultValue nan)

    /// The columns of a frame.
    let columns (frame: Frame) =
        Seq.zip frame.Names frame.Columns |> List.ofSeq

    /// The ways that a model could be fitted.
    let plan (plan: ModelPlan) =
        let ways = plan.Candidates

        frame [
            texts ways "engine" _.Engine
            texts ways "lead" (fun way -> defaultArg way.Lead "")
            numbers ways "operations" _.Work
            numbers ways "bytes" _.Bytes
            texts ways "chosen" (fun way -> if way = plan.Chosen then "yes" else "no")
        ]

    /// The models of a comparison.
    let models (table: ModelTable) =
        let models = table.Models

        frame [
            texts models "formula" _.Formula
            whole models "df" _.Parameters
            numbers models "criterion" _.Deviance
            numbers models "aic" _.Aic
            optional models "aicc" _.Aicc
            numbers models "bic" _.Bic
            numbers models "caic" _.Caic
            numbers models "deltaAic" _.DeltaAic
            numbers models "weight" _.Weight
        ]

    /// Shares of variance, then those of random terms.
    let shares (table: VarianceShareTable) =
        let own = table.Shares

        let rows =
            [
                "marginal", own.Marginal, None
                "conditional", own.Conditional, None
                "adjustedIcc", own.AdjustedIcc, None
                "unadjustedIcc", own.UnadjustedIcc, None
            ]
            @ [ for term in table.Terms -> term.Name, term.Estimate, term.StandardError ]

        frame [
            texts rows "share" (fun (name, _, _) -> name)
            numbers rows "estimate" (fun (_, estimate, _) -> estimate)
            optional rows "se" (fun (_, _, error) -> error)
        ]

    /// Tests of variances.
    let varianceTests (table: VarianceTestTable) =
        let p (simulated: SimulatedP option) = simulated |> Option.map _.P

        frame [
            texts table.Tests "name" _.Name
            numbers table.Tests "statistic" _.Statistic
            numbers table.Tests "mixtureP" _.MixtureP
            optional table.Tests "exactP" (fun (test: VarianceTest) -> p test.Exact)
            optional table.Tests "bootstrapP" (fun (test: VarianceTest) -> p test.Bootstrap)
            texts table.Tests "advice" _.Advice
        ]

    /// Identities with their residuals, or why they do not apply.
    let identities (checks: IdentityCheck list) =
        let residual (check: IdentityCheck) =
            match check.Outcome with
            | IdentityOutcome.Checked(residual, _) -> residual
            | IdentityOutcome.NotApplicable _ -> nan

        let tolerance (check: IdentityCheck) =
            match check.Outcome with
            | IdentityOutcome.Checked(_, tolerance) -> tolerance
            | IdentityOutcome.NotApplicable _ -> nan

        let reason (check: IdentityCheck) =
            match check.Outcome with
            | IdentityOutcome.Checked _ -> ""
            | IdentityOutcome.NotApplicable reason -> reason

        let holds (check: IdentityCheck) =
            match check.Holds with
            | Some true -> "yes"
            | Some false -> "no"
            | None -> ""

        frame [
            texts checks "identity" _.Name
            numbers checks "residual" residual
            numbers checks "tolerance" tolerance
            texts checks "holds" holds
            texts checks "reason" reason
            texts checks "equation" _.Equation
        ]

    /// Expected mean squares, from their table in print.
    let ems (table: Table) =
        let rows = table.Rows

        frame [
            texts rows "source" (List.item 0)
            numbers rows "df" (List.item 1 >> float)
            texts rows "ems" (List.item 2)
            texts rows "emsInNumbers" (List.item 3)
            texts rows "f" (List.item 4)
        ]

    /// An analysis of variance.
    let anova (table: AnovaTable) =
        let test number (row: AnovaRow) = row.Test |> Option.map number

        frame [
            texts table.Rows "source" _.Source
            whole table.Rows "df" _.Df
            numbers table.Rows "ss" _.SumOfSquares
            optional table.Rows "ms" _.MeanSquare
            optional table.Rows "f" (test _.F)
            optional table.Rows "df1" (test _.NumeratorDf)
            optional table.Rows "df2" (test _.DenominatorDf)
            optional table.Rows "p" (test _.PValue)
        ]

    /// The names of marginal means with their letters.
    let means (result: MarginalResult) =
        let means = Tidy.means result.Means

        match result.Letters with
        | None -> means
        | Some(_, letters) -> frame (columns means @ [ texts letters "letters" id ])
