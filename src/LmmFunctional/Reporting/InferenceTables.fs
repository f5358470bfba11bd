namespace LmmFunctional.Analysis

open System

/// <summary>Tables of tests: fixed effects, linear functions and terms, with degrees of freedom and p-values.</summary>
[<RequireQualifiedAccess>]
module InferenceTables =

    let private digits = 4
    let private left header = header, Alignment.Left
    let private right header = header, Alignment.Right

    // Below this R writes a bound, and no reader can use more.
    let private smallestShown = 2.2e-16

    /// A p-value as text, never as zero; a dash where there is none.
    let pValue (p: float) =
        if Double.IsNaN p then "-"
        elif p < smallestShown then "<2e-16"
        elif p < 1e-4 then NumberText.significant 2 p
        else NumberText.fixedPoint 4 p

    /// A dash where there is no number.
    let internal dashed (texts: string list) =
        texts |> List.map (fun text -> if text = "NaN" then "-" else text)

    let private degrees (values: float list) =
        values
        |> List.map (fun df -> if Double.IsFinite df then Math.Round(df, 2) else df)
        |> NumberText.column 4
        |> dashed

    let private statistics (values: float list) =
        values
        |> List.map (fun value -> Math.Round(value, digits - 1))
        |> NumberText.column digits
        |> dashed

    /// Whether all tests are asymptotic: z instead of t.
    let private areNormal (estimates: Estimate list) =
        estimates |> List.exists (fun own -> Double.IsInfinity own.Df)
        && estimates
           |> List.forall (fun own -> Double.IsInfinity own.Df || own.NotTestable.IsSome)

    /// <summary>Estimates with standard errors, df, t and p.</summary>
    let estimates (estimates: Estimate list) : Table =
        // Estimates and their errors share their decimals, so that they can be compared by eye.
        let shared =
            NumberText.column digits ((estimates |> List.map _.Estimate) @ (estimates |> List.map _.StandardError))

        let values, errors = List.splitAt estimates.Length (dashed shared)
        let dfs = estimates |> List.map _.Df |> degrees
        let tests = estimates |> List.map _.Statistic |> statistics
        let letter = if areNormal estimates then "z" else "t"

        Table.create [
            left ""
            right "Estimate"
            right "Std. Error"
            right "df"
            right $"{letter} value"
            right $"Pr(>|{letter}|)"
        ] [
            for index, own in List.indexed estimates do
                [
                    own.Name
                    values[index]
                    errors[index]
                    dfs[index]
                    tests[index]
                    pValue own.P
                ]
        ]

    /// <summary>Fixed effects with robust standard errors, Satterthwaite's df, t and p.</summary>
    let robust (coefficients: RobustCoefficient list) : Table =
        coefficients
        |> List.map (fun own -> {
            Estimate.Name = own.Name
            Estimate = own.Estimate
            StandardError = own.StandardError
            Df = own.Df
            Statistic = own.Statistic
            P = own.P
            Lower = own.Lower
            Upper = own.Upper
            NotTestable = own.NotTestable
        })
        |> estimates

    /// Why some of the estimates have no test: a line each.
    let notTestable (estimates: Estimate list) : string list =
        estimates
        |> List.choose (fun own -> own.NotTestable |> Option.map (Testability.line own.Name))

    /// Why some of the joint tests are none: a line each.
    let notTestableJointly (tests: JointTest list) : string list =
        tests
        |> List.choose (fun own -> own.NotTestable |> Option.map (Testability.line own.Name))

    /// <summary>Tests of several functions at once: numerator and denominator df, F and p.</summary>
    let joint (tests: JointTest list) : Table =
        let denominators = tests |> List.map _.DenominatorDf |> degrees
        let values = tests |> List.map _.F |> statistics

        Table.create [ left ""; right "NumDF"; right "DenDF"; right "F value"; right "Pr(>F)" ] [
            for index, own in List.indexed tests do
                [
                    own.Name
                    string own.NumeratorDf
                    denominators[index]
                    values[index]
                    pValue own.P
                ]
        ]
