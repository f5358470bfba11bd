namespace LmmFunctional.Charts

open LmmFunctional
open LmmFunctional.Analysis

/// <summary>Profiles of the likelihood: ζ, and what −2 log likelihood rises by.</summary>
[<RequireQualifiedAccess>]
module internal ProfileCharts =

    let private z95 = Drawing.normalQuantile 0.975

    let private facets kind title words yName yTitle references (curves: ProfileCurve list) =
        match curves |> List.filter (fun curve -> curve.Points.Length > 1) with
        | [] -> Drawing.nothing kind "no parameter has a profile of more than one point."
        | curves ->
            let rows = [
                for curve in curves do
                    for index, point in List.indexed curve.Points -> curve, index, point
            ]

            let number f = rows |> List.map f |> Column.ofFloats

            let data =
                Drawing.frame [
                    "parameter", rows |> List.map (fun (curve, _, _) -> curve.Name) |> Column.ofStrings
                    "value", number (fun (_, _, point) -> point.Value)
                    "zeta", number (fun (_, _, point) -> point.Zeta)
                    "rise", number (fun (_, _, point) -> point.Zeta * point.Zeta)
                    "estimate", number (fun (curve, _, _) -> curve.Estimate)
                    // Lines of reference are drawn once in each multiple.
                    "first", number (fun (_, index, _) -> if index = 0 then 1.0 else 0.0)
                ]

            let x = Channel.number "x" "value" "value of the parameter"

            let y =
                if yName = "zeta" then
                    Channel.number "y" yName yTitle
                else
                    Channel.fromZero "y" yName yTitle

            let isFirst = Layer.where "datum.first == 1"

            let names = curves |> List.map _.Name |> String.concat ", "

            Ok {
                Drawing.chart
                    kind
                    title
                    [ words ]
                    $"{title} of {names}. {words}."
                    [ "profile", data ]
                    (View.Facets(
                        "parameter",
                        min 3 curves.Length,
                        false,
                        true,
                        [
                            for value in references do
                                Drawing.dashedRule "profile" [ Channel.datum "y" value (Some yTitle) ]
                                |> isFirst
                            Drawing.dashedRule "profile" [ Channel.number "x" "estimate" "value of the parameter" ]
                            |> isFirst
                            Drawing.line "profile" [ x; y ]
                            |> Drawing.coloured Theme.blue
                            |> Layer.styled [ "interpolate", Json.Text "monotone" ]
                            Drawing.points rows.Length "profile" [ x; y ]
                            |> Drawing.coloured Theme.blue
                            |> Layer.telling [
                                "parameter", "parameter"
                                "value", "value"
                                "zeta", "ζ"
                                "rise", "rise of −2 log likelihood"
                            ]
                        ]
                    )) with
                    Width = 230
                    Height = 190
            }

    /// ζ of every curve: straight where the likelihood is quadratic; dashed the estimate and the 95 % interval.
    let zeta (curves: ProfileCurve list) : Result<ChartSpec, LmmError list> =
        facets
            "profile"
            "Profile ζ of the parameters"
            "a straight line means a quadratic likelihood; between the dashed lines lies the 95 % interval"
            "zeta"
            "ζ"
            [ z95; -z95 ]
            curves

    /// The rise of −2 log likelihood of every curve; dashed the estimate and the 95 % interval.
    let likelihood (curves: ProfileCurve list) : Result<ChartSpec, LmmError list> =
        facets
            "likelihood"
            "Profile likelihood of the parameters"
            "rise of −2 log likelihood; below the dashed line lies the 95 % interval"
            "rise"
            "rise of −2 log likelihood"
            [ z95 * z95 ]
            curves
