// The pages of the site: sections with their pages in order, by their paths in docs without ending.

let sections = [
    "Start", [ "index"; "getting-started" ]
    "Tutorials",
    [
        "tutorials/growth-curves"
        "tutorials/split-plot"
        "tutorials/crossed-raters"
        "tutorials/clinical-trial"
        "tutorials/animal-model"
        "tutorials/field-trial"
        "tutorials/bioequivalence"
        "tutorials/process"
        "tutorials/power"
    ]
    "Guides",
    [
        "guides/six-tasks"
        "guides/from-r"
        "guides/from-sas"
        "guides/from-python"
        "guides/csharp"
        "guides/covariance"
        "guides/degrees-of-freedom"
        "guides/certificate"
        "guides/outliers"
        "guides/speed"
        "guides/errors"
    ]
    "Manual",
    [
        "model-language"
        "command-line"
        "inference"
        "marginal-means"
        "likelihood-inference"
        "prediction"
        "diagnostics"
        "checks"
        "simulation"
        "charts"
        "reporting"
        "data"
        "saved-models"
    ]
    "Mathematics",
    [
        "mathematics/index"
        "mathematics/likelihood"
        "mathematics/inference"
        "mathematics/prediction"
        "mathematics/outliers"
        "mathematics/examples"
        "engine"
        "classical"
        "identities"
        "accuracy"
    ]
    "Worked examples",
    [
        "classical/seedlings"
        "classical/litters"
        "classical/penicillin"
        "classical/pigment"
        "classical/two-factor-ems"
        "classical/serum-glucose"
        "classical/laird-ware"
    ]
    "Project", [ "contributing"; "testing"; "benchmarks"; "RELEASE_NOTES" ]
]

/// Scripts that are no pages: loaded by others, or run for their output only.
let isNoPage (path: string) =
    path.EndsWith "common.fsx"
    || path = "accuracy.fsx"
    || path = "engine-check.fsx"
    // The page of the packages needs them to be served.
    || path = "package.md"
