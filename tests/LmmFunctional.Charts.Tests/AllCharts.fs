namespace LmmFunctional.Charts.Tests

open LmmFunctional
open LmmFunctional.Analysis
open LmmFunctional.Charts

/// <summary>Every kind of chart, on several models.</summary>
[<RequireQualifiedAccess>]
module AllCharts =

    let private rows = DiagnosticUnits.Rows
    let private subjects = DiagnosticUnits.Levels "Subject"

    let private ofEveryFit name (fit: Lazy<Fit>) = [
        $"residuals of {name}", lazy (Chart.residuals fit.Value)
        $"scale-location of {name}", lazy (Chart.scaleLocation fit.Value)
        $"qq of {name}", lazy (Chart.qq fit.Value)
        $"leverage of {name}", lazy (Chart.leverage fit.Value)
        $"trace of {name}", lazy (Chart.trace fit.Value)
        $"panel of {name}", lazy (Chart.panel fit.Value)
        $"outliers of {name}", lazy (Chart.outliers rows fit.Value (Models.meanShifts rows fit.Value))
        $"coefficients of {name}", lazy (Chart.coefficients [ name, Models.inference fit.Value ])
    ]

    let private ofEffects name (fit: Lazy<Fit>) = [
        $"effects-qq of {name}", lazy (Chart.effectsQq fit.Value)
        $"caterpillar of {name}", lazy (Chart.caterpillar fit.Value)
    ]

    /// Names with charts, made when first looked at.
    let all: (string * Lazy<Result<ChartSpec, LmmError list>>) list =
        let sleepstudy, oats, orthodont = Models.sleepstudy, Models.oats, Models.orthodont

        ofEveryFit "sleepstudy" sleepstudy
        @ ofEveryFit "oats" oats
        @ ofEveryFit "orthodont" orthodont
        @ ofEveryFit "penicillin" Models.penicillin
        @ ofEffects "sleepstudy" sleepstudy
        @ ofEffects "oats" oats
        @ ofEffects "penicillin" Models.penicillin
        @ [
            "effects of a variance of zero", lazy (Chart.caterpillar Models.dyestuff2.Value)
            "residuals of a logarithm", lazy (Chart.residuals Models.dyestuff2.Value)
            "subjects", lazy (Chart.subjects sleepstudy.Value)
            "subjects chosen", lazy (Chart.subjectsAlong "Subject" "Days" sleepstudy.Value)
            "predictions", lazy (Chart.predictions (Models.inference sleepstudy.Value))
            "predictions by a factor", lazy (Chart.predictions (Models.inference orthodont.Value))
            "predictions chosen", lazy (Chart.predictionsAlong "age" None (Models.inference orthodont.Value))
            "means", lazy (Chart.means (Models.means "Variety" oats.Value))
            "means in families", lazy (Chart.means (Models.means "nitroF | Variety" oats.Value))
            "means of two", lazy (Chart.means (Models.means "Variety * nitroF" oats.Value))
            "interaction", lazy (Chart.interaction (Models.means "nitroF * Variety" oats.Value))
            "interaction in families", lazy (Chart.interaction (Models.means "nitroF | Variety" oats.Value))
            "coefficients of two",
            lazy (Chart.coefficients [ "both", Models.inference oats.Value; "again", Models.inference oats.Value ])
            "influence of rows", lazy (Chart.influence rows sleepstudy.Value (Models.influence rows sleepstudy.Value))
            "influence of levels",
            lazy (Chart.influence subjects sleepstudy.Value (Models.influence subjects sleepstudy.Value))
            "outliers of levels",
            lazy (Chart.outliers subjects sleepstudy.Value (Models.meanShifts subjects sleepstudy.Value))
            "variance shifts", lazy (Chart.outliers subjects sleepstudy.Value Models.varianceShifts.Value)
            "profile", lazy (Chart.profile Models.curves.Value)
            "likelihood", lazy (Chart.likelihood Models.curves.Value)
            "lags", lazy (Chart.lags sleepstudy.Value)
            "lags of residuals", lazy (Chart.lags orthodont.Value)
            "variogram", lazy (Chart.variogram sleepstudy.Value)
            "correlation", lazy (Chart.correlation sleepstudy.Value)
            "correlation of residuals", lazy (Chart.correlation orthodont.Value)
            "coefficient-correlation", lazy (Chart.coefficientCorrelation oats.Value)
            "bootstrap", lazy (Chart.bootstrap Models.bootstrap.Value)
            "power", lazy (Chart.power Models.power.Value)
            "field",
            lazy (Chart.fieldOver "latitude" "longitude" (Models.fit "wheat2" "yield ~ variety + (1 | Block)").Value)
            "inbreeding", lazy (Chart.inbreeding Models.pedigree.Value)
        ]

    /// The chart itself and those of a panel.
    let rec parts (chart: ChartSpec) : ChartSpec list =
        match chart.View with
        | View.Panel charts -> charts
        | View.Layers _
        | View.Facets _ -> [ chart ]
